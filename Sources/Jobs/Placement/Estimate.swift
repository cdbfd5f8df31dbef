/// The figures that nodes are compared by. Whole numbers throughout, so that every replica decides alike.
///
/// They are the same whichever other nodes there are: nothing is scaled by the least or the greatest of those that passed.
/// So a node that joins changes nobody else's score (unless it earned more than any before), and a choice with it is never
/// worse by score than one without.
package enum Estimate {
  /// What a node's jobs add to the wait of the next when all its slots are taken, in microseconds; each job adds its share
  /// of the slots.
  package static let fullQueue: Int64 = 1_000_000
  /// What an image that must be pulled first adds, in microseconds: the share of one job. The pull takes longer, but every
  /// later job finds the image there.
  package static let coldStart: Int64 = 500_000
  /// Latencies are cut off here, at an hour.
  package static let longest: Int64 = 3_600_000_000
  /// The latency that scores 500,000. With the default weights a node that earned nothing goes before one that earned most
  /// as long as its latency is less than 750 ms longer, so no node starves for being that much slower, or for a cold image.
  package static let middling: Int64 = 1_000_000

  /// Round trip and queue ahead, in microseconds; a start of a cold image comes on top.
  package static func latency(of node: FleetNode) -> Int64 {
    let trip = min(max(0, node.roundTripMicroseconds), longest)
    return min(longest, trip + Int64(max(0, node.slotsUsed)) * fullQueue / Int64(max(1, node.slots)))
  }

  package static func latency(of node: FleetNode, isCold: Bool) -> Int64 {
    min(longest, latency(of: node) + (isCold ? coldStart : 0))
  }

  /// What a node could do at once, in thousandths of a core: a GiB of GPU memory counts like a core, and so does a slot.
  package static func capacity(of node: FleetNode) -> Int64 {
    max(
      1,
      node.cores + (node.gpuMemory >> 20) * 1000 / 1024 * Int64(node.gpuUsed.count) + Int64(node.slots) * 1000
    )
  }

  /// Micro-credits for each whole core of capacity.
  package static func rate(of node: FleetNode) -> Int64 {
    min(max(0, node.earned), Int64.max / 1000) * 1000 / capacity(of: node)
  }

  /// Parts per million of the greatest rate in the fleet; 0 where nobody earned anything.
  package static func earnings(rate: Int64, greatest: Int64) -> Int64 {
    guard greatest > 0 else { return 0 }
    if greatest < Int64.max / 1_000_000 { return rate * 1_000_000 / greatest }
    return greatest.dividingFullWidth(rate.multipliedFullWidth(by: 1_000_000)).quotient
  }

  /// 0 to 1,000,000: the weighted sum of the earnings and of how far the latency is from none towards endless.
  /// - Parameter weights: parts per million that come to 1,000,000.
  package static func score(
    latency: Int64, earnings: Int64, weights: (latency: Int64, earnings: Int64)
  ) -> Int64 {
    let distance = latency * 1_000_000 / (latency + middling)
    return (weights.latency * distance + weights.earnings * earnings) / 1_000_000
  }
}
