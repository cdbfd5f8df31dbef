/// Places of nodes, a bit each.
struct BitSet: Hashable, Sendable {
  private(set) var words: [UInt64] = []

  /// Makes room for places below `count`.
  mutating func grow(to count: Int) {
    let missing = (count + 63) / 64 - words.count
    if missing > 0 { words.append(contentsOf: repeatElement(0, count: missing)) }
  }

  func contains(_ place: Int) -> Bool { words[place >> 6] & (1 << UInt64(place & 63)) != 0 }

  mutating func set(_ place: Int, _ isMember: Bool) {
    let bit: UInt64 = 1 << UInt64(place & 63)
    if isMember { words[place >> 6] |= bit } else { words[place >> 6] &= ~bit }
  }
}
