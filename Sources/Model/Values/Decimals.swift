/// Exact decimal fractions in scaled integers: no floating point near money.
package enum Decimals {
  /// A whole number with a unit, in the smallest unit; nil for an unknown unit and on overflow.
  /// - Parameter units: The factor of each suffix. Contains the empty suffix when a unit is optional.
  static func whole(_ text: String, units: [String: Int64]) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), let factor = units[String(text.dropFirst(digits.count))] else {
      return nil
    }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }

  /// `text` times ten to the power of `digits`; nil when it is no plain decimal, has more digits, or
  /// overflows.
  package static func scaled(_ text: String, digits: Int) -> Int64? {
    var text = text
    return text.withUTF8 { bytes in
      var index = 0
      let isNegative = bytes.first == UInt8(ascii: "-")
      if isNegative || bytes.first == UInt8(ascii: "+") { index = 1 }
      let start = index
      var magnitude: Int64 = 0
      var fraction: Int?
      while index < bytes.count {
        let byte = bytes[index]
        if byte == UInt8(ascii: "."), fraction == nil, index > start, index + 1 < bytes.count {
          fraction = 0
        } else {
          guard byte >= 48, byte <= 57, append(Int64(byte - 48), to: &magnitude) else { return nil }
          if let count = fraction { fraction = count + 1 }
        }
        index += 1
      }
      guard index > start, fraction ?? 0 <= digits else { return nil }
      for _ in (fraction ?? 0)..<digits {
        guard append(0, to: &magnitude) else { return nil }
      }
      return isNegative ? -magnitude : magnitude
    }
  }

  /// False on overflow.
  private static func append(_ digit: Int64, to magnitude: inout Int64) -> Bool {
    let (product, overflow) = magnitude.multipliedReportingOverflow(by: 10)
    let (sum, carry) = product.addingReportingOverflow(digit)
    magnitude = sum
    return !overflow && !carry
  }

  /// The shortest exact text of `value` divided by ten to the power of `digits`.
  package static func text(_ value: Int64, digits: Int) -> String {
    var rest = value.magnitude
    var bytes: [UInt8] = []
    bytes.reserveCapacity(24)
    var position = 0
    // From the last digit to the first. Trailing zeros of the fraction are left out.
    while rest > 0 || position <= digits {
      let digit = UInt8(rest % 10)
      rest /= 10
      if position == digits, !bytes.isEmpty { bytes.append(UInt8(ascii: ".")) }
      if position >= digits || digit != 0 || !bytes.isEmpty { bytes.append(digit + 48) }
      position += 1
    }
    if value < 0 { bytes.append(UInt8(ascii: "-")) }
    bytes.reverse()
    return String(decoding: bytes, as: UTF8.self)
  }
}
