/// What nodes earned for their capacity, in parts per million of the one that earned most.
struct NodeEarnings: Sendable {
  /// By place; right after `settle`.
  private(set) var shares: [UInt32] = []
  private var rates: [Int64] = []
  /// The rate that `shares` are parts of.
  private var greatest: Int64 = 0
  /// Whether the greatest may have become another one.
  private var isStale = false

  mutating func grow(to count: Int) {
    guard shares.count < count else { return }
    shares.append(contentsOf: repeatElement(0, count: count - shares.count))
    rates.append(contentsOf: repeatElement(0, count: count - rates.count))
  }

  mutating func set(_ rate: Int64, at place: Int) {
    let old = rates[place]
    guard rate != old else { return }
    rates[place] = rate
    if rate > greatest || old == greatest {
      isStale = true
    } else if !isStale {
      shares[place] = UInt32(Estimate.earnings(rate: rate, greatest: greatest))
    }
  }

  /// Brings `shares` up to date; costs something only when another node earned most, or that one something else.
  mutating func settle() {
    guard isStale else { return }
    isStale = false
    greatest = rates.max() ?? 0
    for place in rates.indices {
      shares[place] = UInt32(Estimate.earnings(rate: rates[place], greatest: greatest))
    }
  }
}
