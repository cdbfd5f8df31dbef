internal import Model

/// Validates a parameter against `type`, `enum`, bounds and lengths of its schema.
struct ParameterCheck: Sendable {
  let parameter: APIParameter
  /// The name in requests: headers in lower case.
  let key: String
  private let words: [String]?
  private let type: String
  private let min: Int64?
  private let max: Int64?

  init(_ parameter: APIParameter) {
    self.parameter = parameter
    key = parameter.location == .header ? parameter.name.lowercased() : parameter.name
    let schema = parameter.schema
    if case .string(let name)? = schema["type"] { type = name } else { type = "string" }
    if case .array(let elements)? = schema["enum"] { words = elements.map(\.plainText) } else { words = nil }
    func number(_ key: String) -> Int64? {
      if case .integer(let number)? = schema[key] { number } else { nil }
    }
    let isNumber = type == "integer"
    min = number(isNumber ? "minimum" : "minLength")
    max = number(isNumber ? "maximum" : "maxLength")
  }

  /// Nil for a valid text.
  func problem(_ text: String) -> APIProblem? {
    if let words { return words.contains(text) ? nil : invalid("is one of \(words.joined(separator: ", "))") }
    switch type {
    case "integer":
      guard let number = Int64(text), isWithin(number) else { return invalid("is a whole number\(range)") }
    case "boolean":
      guard text == "true" || text == "false" else { return invalid("is true or false") }
    default:
      guard isWithin(Int64(text.unicodeScalars.count)) else {
        return invalid("is text of a length\(range)")
      }
    }
    return nil
  }

  private func isWithin(_ number: Int64) -> Bool {
    number >= min ?? .min && number <= max ?? .max
  }

  private var range: String {
    (min.map { " from \($0)" } ?? "") + (max.map { " up to \($0)" } ?? "")
  }

  private func invalid(_ text: String) -> APIProblem {
    APIProblem(400, "invalid_parameter", "\(parameter.name) \(text)", field: parameter.name)
  }
}
