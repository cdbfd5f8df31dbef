/// What nodes earn for each unit of what they could do, in parts per million of the node that earns most.
struct NodeEarnings: Sendable {
  /// By index; up to date after `settle`.
  private(set) var shares: [UInt32] = []
  private var rates: [Int64] = []
  /// The rate that `shares` are parts of.
  private var greatest: Int64 = 0
  /// Whether the greatest rate may have changed.
  private var isStale = false

  mutating func grow(to count: Int) {
    guard shares.count < count else { return }
    shares.append(contentsOf: repeatElement(0, count: count - shares.count))
    rates.append(contentsOf: repeatElement(0, count: count - rates.count))
  }

  mutating func set(_ rate: Int64, at index: Int) {
    let old = rates[index]
    guard rate != old else { return }
    rates[index] = rate
    if rate > greatest || old == greatest {
      isStale = true
    } else if !isStale {
      shares[index] = UInt32(Estimate.earnings(rate: rate, greatest: greatest))
    }
  }

  /// Brings `shares` up to date. Costs nothing unless the greatest rate may have changed.
  mutating func settle() {
    guard isStale else { return }
    isStale = false
    greatest = rates.max() ?? 0
    for index in rates.indices {
      shares[index] = UInt32(Estimate.earnings(rate: rates[index], greatest: greatest))
    }
  }
}
