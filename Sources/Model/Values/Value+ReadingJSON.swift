extension Value {
  /// Why bytes are not JSON. Not a `Problem`, because its readers need the byte offset.
  package struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    package let offset: Int
    package let message: String
    package var description: String { "not JSON at byte \(offset): \(message)" }
  }

  /// Parses one JSON document of RFC 8259. An object with a repeated key is rejected: readers disagree about
  /// which of the values counts. Numbers with an exponent become plain decimals; numbers of more than 1,000
  /// digits are rejected, as is nesting deeper than `depth`, which is at most 512.
  package init(json bytes: some Sequence<UInt8>, depth: Int = 512) throws(JSONError) {
    var reader = JSONReader(Array(bytes), depth: min(depth, 512))
    self = try reader.document()
  }

  package init(json text: String) throws(JSONError) { try self.init(json: text.utf8) }
}

private struct JSONReader {
  private let bytes: [UInt8]
  private let maxDepth: Int
  private var index = 0

  init(_ bytes: [UInt8], depth: Int) {
    self.bytes = bytes
    maxDepth = depth
  }

  mutating func document() throws(Value.JSONError) -> Value {
    let value = try value(depth: 0)
    skipSpace()
    guard index == bytes.count else { throw error("text follows the document") }
    return value
  }

  private func error(_ message: String) -> Value.JSONError {
    Value.JSONError(offset: index, message: message)
  }
  private var next: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    skipSpace()
    guard next == byte else { return false }
    index += 1
    return true
  }

  private mutating func value(depth: Int) throws(Value.JSONError) -> Value {
    guard depth < maxDepth else { throw error("nested deeper than \(maxDepth)") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), .some(48...57): return try number()
    default: throw error("a value was expected")
    }
  }

  private mutating func word(_ text: String, _ value: Value) throws(Value.JSONError) -> Value {
    guard bytes[index...].starts(with: text.utf8) else { throw error("a value was expected") }
    index += text.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(Value.JSONError) -> Value {
    index += 1
    var members: [Value.Member] = []
    var isSorted = true
    if take(UInt8(ascii: "}")) { return .object([]) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("a key was expected") }
      let key = try string()
      guard take(UInt8(ascii: ":")) else { throw error("‘:’ was expected") }
      if let last = members.last, !(last.key < key) { isSorted = false }
      members.append(Value.Member(key, try value(depth: depth + 1)))
    } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "}")) else { throw error("‘,’ or ‘}’ was expected") }
    guard !isSorted else { return .object(members) }
    members.sort { $0.key < $1.key }
    for (member, next) in zip(members, members.dropFirst()) where member.key == next.key {
      throw error("the object has the key ‘\(next.key.prefix(80).escapingInvisible())’ twice")
    }
    return .object(members)
  }

  private mutating func array(depth: Int) throws(Value.JSONError) -> Value {
    index += 1
    var elements: [Value] = []
    if take(UInt8(ascii: "]")) { return .array([]) }
    repeat { elements.append(try value(depth: depth + 1)) } while take(UInt8(ascii: ","))
    guard take(UInt8(ascii: "]")) else { throw error("‘,’ or ‘]’ was expected") }
    return .array(elements)
  }

  private mutating func string() throws(Value.JSONError) -> String {
    index += 1
    var end = index
    while end < bytes.count, bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\""),
      bytes[end] != UInt8(ascii: "\\")
    { end += 1 }
    if end < bytes.count, bytes[end] == UInt8(ascii: "\"") {
      guard let string = String(validating: bytes[index..<end], as: UTF8.self) else {
        throw error("the string is not UTF-8")
      }
      index = end + 1
      return string
    }
    var text = Array(bytes[index..<end])
    index = end
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw error("a control character stands in a string") }
      index += 1
      if byte == UInt8(ascii: "\\") { try escape(into: &text) } else { text.append(byte) }
    }
    guard next != nil else { throw error("the string does not end") }
    index += 1
    guard let string = String(validating: text, as: UTF8.self) else { throw error("the string is not UTF-8") }
    return string
  }

  private mutating func escape(into text: inout [UInt8]) throws(Value.JSONError) {
    guard let letter = next else { throw error("the string does not end") }
    index += 1
    switch letter {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourDigits()
      if (0xD800..<0xDC00).contains(code) {
        guard bytes[index...].starts(with: #"\u"#.utf8) else { throw error("half a surrogate pair") }
        index += 2
        let low = try fourDigits()
        guard (0xDC00..<0xE000).contains(low) else { throw error("half a surrogate pair") }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else { throw error("half a surrogate pair") }
      text.append(contentsOf: String(scalar).utf8)
    default: throw error("an unknown escape")
    }
  }

  private mutating func fourDigits() throws(Value.JSONError) -> UInt32 {
    guard index + 4 <= bytes.count,
      bytes[index..<index + 4].allSatisfy({
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || (97...102) ~= $0 | 32
      }),
      let code = UInt32(String(decoding: bytes[index..<index + 4], as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits were expected") }
    index += 4
    return code
  }

  private mutating func digits() throws(Value.JSONError) -> ArraySlice<UInt8> {
    let start = index
    while let byte = next, (48...57).contains(byte) { index += 1 }
    guard index > start else { throw error("a digit was expected") }
    return bytes[start..<index]
  }

  private mutating func number() throws(Value.JSONError) -> Value {
    let start = index
    let isNegative = next == UInt8(ascii: "-")
    if isNegative { index += 1 }
    let whole = try digits()
    guard whole.count == 1 || whole.first != 48 else { throw error("a number starts with 0") }
    var fraction: ArraySlice<UInt8> = []
    if next == UInt8(ascii: ".") {
      index += 1
      fraction = try digits()
    }
    var exponent = 0
    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      index += 1
      let isSmall = next == UInt8(ascii: "-")
      if isSmall || next == UInt8(ascii: "+") { index += 1 }
      guard let power = Int(String(decoding: try digits(), as: UTF8.self)), power <= 1000 else {
        throw error("the exponent is too large")
      }
      exponent = isSmall ? -power : power
    } else if fraction.isEmpty, let small = Int64(String(decoding: bytes[start..<index], as: UTF8.self)) {
      return .integer(small)
    }
    guard let value = plain(isNegative, Array(whole), Array(fraction), exponent) else {
      throw error("the number has more than 1,000 digits")
    }
    return value
  }

  /// The number without an exponent, leading zeros and trailing zeros.
  private func plain(_ isNegative: Bool, _ whole: [UInt8], _ fraction: [UInt8], _ exponent: Int) -> Value? {
    var digits = whole + fraction
    var point = whole.count + exponent
    if point < 1 {
      digits = Array(repeating: 48, count: 1 - point) + digits
      point = 1
    } else if point > digits.count {
      digits += Array(repeating: 48, count: point - digits.count)
    }
    guard digits.count <= 2000 else { return nil }
    var left = digits[..<point].drop { $0 == 48 }
    if left.isEmpty { left = [48] }
    var right = digits[point...]
    while right.last == 48 { right = right.dropLast() }
    let isZero = left == [48] && right.isEmpty
    let text = (isNegative && !isZero ? "-" : "") + String(decoding: left, as: UTF8.self)
    guard !right.isEmpty else { return Int64(text).map(Value.integer) ?? .decimal(text) }
    return .decimal("\(text).\(String(decoding: right, as: UTF8.self))")
  }
}
