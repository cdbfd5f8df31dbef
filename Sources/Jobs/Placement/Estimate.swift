internal import Model

/// The figures by which nodes are compared. All are whole numbers, so that every replica decides alike.
///
/// The figures of a node do not depend on which other nodes there are: nothing is scaled by the least or the
/// greatest of those that passed the filters. A node that joins changes no other node's score, unless it
/// earned more than any before, and a choice with it is never worse by score than the choice without it.
package enum Estimate {
  /// What attempts add to the wait of the next one when they use all slots, in microseconds; each attempt
  /// adds its share of the slots.
  package static let fullQueue: Int64 = 1_000_000
  /// What an image that must be pulled first adds, in microseconds: the share of one job. The pull takes
  /// longer, but every later job finds the image there.
  package static let coldStart: Int64 = 500_000
  /// The maximum latency: an hour, in microseconds.
  package static let maxLatency: Int64 = 3_600_000_000
  /// The latency that scores 500,000. With the default weights a node that earned nothing precedes one that
  /// earned most as long as its latency is less than 750 ms longer, so that no node is left without work for
  /// being that much slower, or for a cold image.
  package static let medianLatency: Int64 = 1_000_000

  /// Round trip and queue, in microseconds, without the start of a cold image.
  package static func latency(of node: FleetNode) -> Int64 {
    let trip = min(max(0, node.roundTripMicroseconds), maxLatency)
    return min(maxLatency, trip + Int64(max(0, node.slotsUsed)) * fullQueue / Int64(max(1, node.slots)))
  }

  package static func latency(of node: FleetNode, isCold: Bool) -> Int64 {
    min(maxLatency, latency(of: node) + (isCold ? coldStart : 0))
  }

  /// What a node can do at the same time, in thousandths of a core: a GiB of GPU memory counts as a core, and
  /// so does a slot.
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

  /// Parts per million of the greatest rate in the fleet; 0 where no node earned anything.
  package static func earnings(rate: Int64, greatest: Int64) -> Int64 {
    guard greatest > 0 else { return 0 }
    if greatest < Int64.max / 1_000_000 { return rate * 1_000_000 / greatest }
    return greatest.dividingFullWidth(rate.multipliedFullWidth(by: 1_000_000)).quotient
  }

  /// 0 to 1,000,000: the weighted sum of the earnings and of the latency on a scale from none to infinite.
  /// - Parameter weights: parts per million, with the sum 1,000,000.
  package static func score(
    latency: Int64, earnings: Int64, weights: (latency: Int64, earnings: Int64)
  ) -> Int64 {
    let distance = latency * 1_000_000 / (latency + medianLatency)
    return (weights.latency * distance + weights.earnings * earnings) / 1_000_000
  }
}
