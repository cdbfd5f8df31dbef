internal import JobModel
internal import Model

/// Reads the members of a body one by one and records the first invalid one. A null member counts as absent.
struct MemberReader {
  private let members: [Value.Member]
  private var known: [String] = []
  private(set) var problem: APIProblem?

  init(_ value: Value?) {
    if case .object(let members)? = value {
      self.members = members
    } else {
      members = []
      problem = APIProblem(400, "invalid", "the body is a JSON object")
    }
  }

  mutating func value(_ key: String) -> Value? {
    known.append(key)
    guard let value = members.first(where: { $0.key == key })?.value, value != .null else { return nil }
    return value
  }

  mutating func text(_ key: String, max: Int = 200) -> String? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value, (1...max).contains(text.utf8.count),
      text.firstControlCharacter == nil
    else { return refuse(key, "is 1 to \(max) bytes of text without control characters") }
    return text
  }

  mutating func integer(_ key: String, _ range: ClosedRange<Int64>) -> Int64? {
    guard let value = value(key) else { return nil }
    guard case .integer(let number) = value, range.contains(number) else {
      return refuse(key, "is a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  mutating func flag(_ key: String) -> Bool? {
    guard let value = value(key) else { return nil }
    guard case .bool(let flag) = value else { return refuse(key, "is true or false") }
    return flag
  }

  /// Credits are text, so that no program rounds them.
  mutating func credits(_ key: String) -> Credits? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value, let credits = Credits(text) else {
      return refuse(key, "is an amount of credits as text, such as \"2.5\"")
    }
    return credits
  }

  mutating func span(_ key: String) -> TimeSpan? {
    guard let value = value(key) else { return nil }
    guard case .string(let text) = value, text.utf8.count <= 12, let span = TimeSpan(text) else {
      return refuse(key, "is a time such as \"30s\" or \"15m\"")
    }
    return span
  }

  mutating func texts(_ key: String, max: Int, maxBytes: Int) -> [String]? {
    guard let value = value(key) else { return nil }
    guard case .array(let elements) = value, elements.count <= max else {
      return refuse(key, "is a list of at most \(max) texts")
    }
    var texts: [String] = []
    for element in elements {
      guard case .string(let text) = element, (1...maxBytes).contains(text.utf8.count) else {
        return refuse(key, "is a list of texts of 1 to \(maxBytes) bytes")
      }
      texts.append(text)
    }
    return texts
  }

  /// Records a problem where `read` is nil.
  mutating func required<Read>(_ key: String, _ read: Read?) -> Read? {
    if read == nil, problem == nil { problem = .invalid(key, "is required") }
    return read
  }

  /// Returns the first problem. A member that was not read is one.
  mutating func finish() -> APIProblem? {
    if problem == nil, let other = members.first(where: { !known.contains($0.key) }) {
      let name = String(other.key.prefix(40))
      problem = APIProblem(400, "unknown_member", "unknown member ‘\(name)’", field: name)
    }
    return problem
  }

  mutating func refuse<Read>(_ key: String, _ detail: String) -> Read? {
    if problem == nil { problem = .invalid(key, detail) }
    return nil
  }
}
