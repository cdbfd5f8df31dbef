/// A set of array indices, one bit each.
struct BitSet: Hashable, Sendable {
  private(set) var words: [UInt64] = []

  /// Makes indices below `count` valid; new ones are not members.
  mutating func grow(to count: Int) {
    let missing = (count + 63) / 64 - words.count
    if missing > 0 { words.append(contentsOf: repeatElement(0, count: missing)) }
  }

  func contains(_ index: Int) -> Bool { words[index >> 6] & (1 << UInt64(index & 63)) != 0 }

  mutating func set(_ index: Int, _ isMember: Bool) {
    let bit: UInt64 = 1 << UInt64(index & 63)
    if isMember { words[index >> 6] |= bit } else { words[index >> 6] &= ~bit }
  }
}
