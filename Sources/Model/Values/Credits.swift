/// Money: `Int64` micro-credits. 1 credit = $0.10 = 1,000,000 µcr (seeds: Financial & Incentive Flows).
package struct Credits: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let micro: Int64

  /// The greatest amount of one movement, hold or price: one billion credits.
  package static let maxTransfer = Credits(micro: 1_000_000_000_000_000)

  package init(micro: Int64) { self.micro = micro }

  /// Nil for anything but exact decimal text with at most six digits after the point.
  package init?(_ text: String) {
    guard let value = Decimals.scaled(text, digits: 6) else { return nil }
    micro = value
  }

  package var description: String { Decimals.text(micro, digits: 6) }
  package static func < (a: Credits, b: Credits) -> Bool { a.micro < b.micro }
}
