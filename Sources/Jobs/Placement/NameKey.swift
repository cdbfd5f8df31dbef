/// The first sixteen bytes of a node's name, so that most names are compared without reading them.
struct NameKey: Hashable, Sendable {
  private var high: UInt64 = 0
  private var low: UInt64 = 0

  init(_ name: String) {
    for (index, byte) in name.utf8.prefix(16).enumerated() {
      let shift = UInt64(56 - 8 * (index & 7))
      if index < 8 { high |= UInt64(byte) << shift } else { low |= UInt64(byte) << shift }
    }
  }

  /// Nil: the keys are equal, and the names decide.
  func precedes(_ other: NameKey) -> Bool? {
    if high != other.high { return high < other.high }
    if low != other.low { return low < other.low }
    return nil
  }
}
