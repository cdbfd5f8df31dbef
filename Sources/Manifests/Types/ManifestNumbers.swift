package import Model

/// An exact decimal number, stored as a whole number of its smallest part.
package protocol ManifestDecimal: ManifestText, Comparable, CustomStringConvertible {
  /// The number of digits after the point.
  static var digits: Int { get }
  /// The number of smallest parts.
  var scaled: Int64 { get }
  init(scaled: Int64)
}

extension ManifestDecimal {
  package init?(manifestText: String) {
    guard let value = Decimals.scaled(manifestText, digits: Self.digits) else { return nil }
    self.init(scaled: value)
  }

  package var description: String { manifestText }
  package var manifestText: String { Decimals.text(scaled, digits: Self.digits) }
  package var manifestValue: Value? { .scaled(scaled, digits: Self.digits) }
  package static var pattern: String? { "^-?[0-9]+(\\.[0-9]{1,\(digits)})?$" }
  package static func < (a: Self, b: Self) -> Bool { a.scaled < b.scaled }
}

/// An amount of money in ten-thousandths of its currency's unit, written `10.00`. Exact: no floating point.
package struct Amount: Hashable, Sendable, ManifestDecimal {
  package static let digits = 4
  package let tenThousandths: Int64
  package init(tenThousandths: Int64) { self.tenThousandths = tenThousandths }
  package init(scaled: Int64) { self.init(tenThousandths: scaled) }
  package var scaled: Int64 { tenThousandths }

  /// Hundredths, the minor unit of card processors; nil where the amount has more digits.
  package var cents: Int64? { tenThousandths % 100 == 0 ? tenThousandths / 100 : nil }

  package static var expectation: String { "an amount of money such as `10.00`" }
  package static var examples: [String] { ["10.00"] }
  package static func hint(for text: String) -> String? {
    let number = text.filter { $0.isNumber || $0 == "." || $0 == "-" }
    return number != text && Decimals.scaled(number, digits: digits) != nil
      ? "the currency stands elsewhere: `\(number)`" : nil
  }
}

/// An exact decimal number with at most six digits after the point, such as a weight of `0.7`.
package struct DecimalNumber: Hashable, Sendable, ManifestDecimal {
  package static let digits = 6
  package let millionths: Int64
  package init(millionths: Int64) { self.millionths = millionths }
  package init(scaled: Int64) { self.init(millionths: scaled) }
  package var scaled: Int64 { millionths }

  package static var expectation: String { "a number with at most six digits after the point" }
  package static var examples: [String] { ["0.7"] }
}

/// A share from `0%` to `100%` in hundredths of a percent.
package struct Percentage: Hashable, Comparable, Sendable, CustomStringConvertible, ManifestText {
  package let basisPoints: Int64
  package init(basisPoints: Int64) { self.basisPoints = basisPoints }
  package init(percent: Int) { basisPoints = Int64(percent) * 100 }

  package init?(manifestText: String) {
    guard manifestText.hasSuffix("%"),
      let value = Decimals.scaled(String(manifestText.dropLast()), digits: 2),
      (0...10_000).contains(value)
    else { return nil }
    basisPoints = value
  }

  package var description: String { manifestText }
  package var manifestText: String { Decimals.text(basisPoints, digits: 2) + "%" }
  package static var expectation: String { "a percentage from `0%` to `100%`" }
  package static var examples: [String] { ["10%"] }
  package static var pattern: String? { "^(100|[0-9]{1,2}(\\.[0-9]{1,2})?)%$" }
  package static func hint(for text: String) -> String? {
    if let value = Decimals.scaled(text, digits: 6), value >= 0 {
      if text.contains("."), value <= 1_000_000 {
        return "did you mean `\(Decimals.text(value, digits: 4))%`?"
      }
      return value <= 100_000_000 ? "did you mean `\(text)%`?" : nil
    }
    return nil
  }
  package static func < (a: Percentage, b: Percentage) -> Bool { a.basisPoints < b.basisPoints }
}

/// A TCP or UDP port, 1 to 65535.
package struct Port: Hashable, Comparable, Sendable, CustomStringConvertible, ExpressibleByIntegerLiteral,
  ManifestValue
{
  package let number: UInt16
  package init(integerLiteral value: UInt16) { number = value }
  package init?(_ number: Int) {
    guard (1...65_535).contains(number) else { return nil }
    self.number = UInt16(number)
  }

  package var description: String { String(number) }
  package var manifestValue: Value? { .integer(Int64(number)) }
  package static func < (a: Port, b: Port) -> Bool { a.number < b.number }

  package static var shape: Shape {
    var shape = Shape(.whole, name: "port", examples: ["8080"])
    shape.minimum = 1
    shape.maximum = 65_535
    shape.rules = ["from 1 to 65535"]
    return shape
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Port? {
    if node.isPlain, let number = Int(node.text), let port = Port(number) { return port }
    decoder.mismatch(node, expected: "a port from 1 to 65535")
    return nil
  }
}
