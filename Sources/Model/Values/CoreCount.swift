/// CPU time per wall time in thousandths of a core, written `2`, `0.5` or `500m`.
package struct CoreCount: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let thousandths: Int64
  package init(thousandths: Int64) { self.thousandths = thousandths }
  package init(cores: Int) { thousandths = Int64(cores) * 1000 }

  /// Nil for negative numbers, for more than three digits after the point, and for anything but a number.
  package init?(_ text: String) {
    let value = text.hasSuffix("m") ? Int64(text.dropLast()) : Decimals.scaled(text, digits: 3)
    guard let value, value >= 0 else { return nil }
    thousandths = value
  }

  package var description: String { Decimals.text(thousandths, digits: 3) }
  /// Docker's unit: billionths of a core.
  package var nanoCPUs: Int64 { thousandths * 1_000_000 }
  package static func < (a: CoreCount, b: CoreCount) -> Bool { a.thousandths < b.thousandths }
}
