/// YAML 1.2's core schema: the type of a scalar without quotes.
enum CoreSchema {
  static func isNull(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    switch text.count {
    case 0: true
    case 1: text[0] == UInt8(ascii: "~")
    case 4:
      text.elementsEqual("null".utf8) || text.elementsEqual("Null".utf8) || text.elementsEqual("NULL".utf8)
    default: false
    }
  }

  static func bool(_ text: String) -> Bool? {
    switch text {
    case "true", "True", "TRUE": true
    case "false", "False", "FALSE": false
    default: nil
    }
  }

  /// Parses a whole number in decimal, `0o17` or `0x1F`; nil for other text and on overflow.
  static func integer(_ text: UnsafeBufferPointer<UInt8>) -> Int64? {
    guard let first = text.first else { return nil }
    if first == UInt8(ascii: "0"), text.count > 2,
      text[1] == UInt8(ascii: "x") || text[1] == UInt8(ascii: "o")
    {
      let radix = text[1] == UInt8(ascii: "x") ? 16 : 8
      let digits = String(decoding: text.dropFirst(2), as: UTF8.self)
      guard digits.first != "-", digits.first != "+" else { return nil }
      return Int64(digits, radix: radix)
    }
    let isNegative = first == UInt8(ascii: "-")
    let digits = isNegative || first == UInt8(ascii: "+") ? text.dropFirst() : text[...]
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard byte >= 48, byte <= 57 else { return nil }
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte - 48)
      let (sum, carry) =
        isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      guard !overflow, !carry else { return nil }
      value = sum
    }
    return value
  }

  static func isNumber(_ text: String) -> Bool {
    var copy = text
    if copy.withUTF8({ integer($0) }) != nil { return true }
    var rest = text.utf8[...]
    if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
    if [".inf", ".Inf", ".INF"].contains(String(rest) ?? "") || [".nan", ".NaN", ".NAN"].contains(text) {
      return true
    }
    let isDigit = { (byte: UInt8) in (48...57).contains(byte) }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
      rest = rest.dropFirst()
      fraction = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(fraction)
    }
    guard whole.count + fraction > 0 else { return false }
    if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
      rest = rest.dropFirst()
      if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest = rest.dropFirst() }
      guard !rest.isEmpty else { return false }
      rest = rest.drop(while: isDigit)
    }
    return rest.isEmpty
  }
}
