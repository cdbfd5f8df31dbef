/// An amount of memory or storage in bytes, written `512Mi`, `12Gi`, `64k` or plain bytes.
package struct ByteCount: Hashable, Comparable, Sendable, Codable, CustomStringConvertible {
  package let bytes: Int64
  package init(bytes: Int64) { self.bytes = bytes }

  private static let binaryUnits: [(suffix: String, factor: Int64)] = [
    ("Pi", 1 << 50), ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10),
  ]

  private static let units: [String: Int64] = Dictionary(
    uniqueKeysWithValues: binaryUnits.map { ($0.suffix, $0.factor) } + [
      ("", 1), ("k", 1_000), ("M", 1_000_000), ("G", 1_000_000_000), ("T", 1_000_000_000_000),
    ])

  /// Nil for anything but a whole number with a known suffix that fits 64 bits.
  package init?(_ text: String) {
    guard let bytes = Decimals.whole(text, units: ByteCount.units) else { return nil }
    self.bytes = bytes
  }

  /// The largest binary unit that divides evenly: `12Gi`, else plain bytes.
  package var description: String {
    for unit in ByteCount.binaryUnits where bytes > 0 && bytes % unit.factor == 0 {
      return "\(bytes / unit.factor)\(unit.suffix)"
    }
    return String(bytes)
  }

  package static func < (a: ByteCount, b: ByteCount) -> Bool { a.bytes < b.bytes }
}
