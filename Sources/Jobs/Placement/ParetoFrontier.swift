/// Finds the nodes that no other node dominates in latency and earnings, in two passes over those that passed
/// the filters, without sorting them. Latencies are grouped into steps, each 1/32 of its power of two wide; a
/// node of a lower step that earned no more dominates a node. Memory is kept from one search to the next.
struct ParetoFrontier: Sendable {
  struct Point: Sendable {
    let latency: UInt32
    let earnings: UInt32
    let index: UInt32

    /// Orders by earnings, then latency.
    var figures: UInt64 { UInt64(earnings) << 32 | UInt64(latency) }
    /// Orders by latency, then earnings.
    var byLatency: UInt64 { UInt64(latency) << 32 | UInt64(earnings) }
    /// A rough measure, to guess which point dominates many.
    var sum: UInt64 { UInt64(latency) + UInt64(earnings) }

    func dominates(_ other: Point) -> Bool {
      latency <= other.latency && earnings <= other.earnings && figures != other.figures
    }
  }

  /// The nodes that passed the filters, as words of a bit set; set before a search.
  var passed: [UInt64] = []
  /// The result of the last search; members with equal figures need not be adjacent.
  private(set) var members: [Point] = []

  private static let steps = 64 + 26 * 32
  private var points: [Point] = []
  /// The least figures of each step.
  private var least = [UInt64](repeating: .max, count: ParetoFrontier.steps)
  /// The least earnings of all lower steps.
  private var below = [UInt32](repeating: .max, count: ParetoFrontier.steps)
  /// Points that neither a lower step nor the least of their own step dominates, but another point of their
  /// step may.
  private var others: [Point] = []

  /// Reserves memory for so many nodes.
  mutating func reserve(_ count: Int) {
    let missing = (count + 63) / 64 - passed.count
    if missing > 0 { passed.append(contentsOf: repeatElement(0, count: missing)) }
    if points.count < passed.count * 64 {
      points = Array(
        repeating: Point(latency: 0, earnings: 0, index: 0), count: passed.count * 64)
    }
  }

  /// - Returns: how many members there are.
  mutating func search(cold: [UInt64], latencies: [UInt32], earnings: [UInt32]) -> Int {
    members.removeAll(keepingCapacity: true)
    others.removeAll(keepingCapacity: true)
    for step in 0..<ParetoFrontier.steps { least[step] = .max }
    let count = ParetoFrontier.gather(
      passed: passed, cold: cold, latencies: latencies, earnings: earnings, into: &points, least: &least)
    guard count > 0 else { return 0 }
    var lowest = UInt32.max
    for step in 0..<ParetoFrontier.steps {
      below[step] = lowest
      if least[step] != .max { lowest = min(lowest, UInt32(least[step] >> 32)) }
    }
    ParetoFrontier.sift(
      points, count: count, least: least, below: below, members: &members, others: &others)
    if !others.isEmpty { settle() }
    return members.count
  }

  /// Collects the points and the least figures of each step.
  /// - Returns: the number of points; those that a point seen earlier dominates are left out.
  private static func gather(
    passed: [UInt64], cold: [UInt64], latencies: [UInt32], earnings: [UInt32], into points: inout [Point],
    least: inout [UInt64]
  ) -> Int {
    var points = points.mutableSpan
    var least = least.mutableSpan
    let (passed, cold, latencies, earnings) = (passed.span, cold.span, latencies.span, earnings.span)
    // One of the best points so far; the points that it dominates are skipped.
    var pivot = Point(latency: .max, earnings: .max, index: 0)
    var count = 0
    for word in cold.indices {
      var left = passed[word]
      let coldWord = cold[word]
      while left != 0 {
        let bit = left.trailingZeroBitCount
        left &= left - 1
        let index = word << 6 | bit
        var latency = latencies[index]
        if coldWord >> UInt64(bit) & 1 != 0 {
          latency = UInt32(min(Int64(latency) + Estimate.coldStart, Estimate.maxLatency))
        }
        let point = Point(latency: latency, earnings: earnings[index], index: UInt32(index))
        if pivot.dominates(point) { continue }
        if point.sum < pivot.sum { pivot = point }
        points[count] = point
        count += 1
        let step = ParetoFrontier.step(latency)
        least[step] = min(least[step], point.figures)
      }
    }
    return count
  }

  /// Separates the points that may be on the frontier from the rest.
  private static func sift(
    _ points: [Point], count: Int, least: [UInt64], below: [UInt32], members: inout [Point],
    others: inout [Point]
  ) {
    let (points, least, below) = (points.span, least.span, below.span)
    for index in 0..<count {
      let point = points[index]
      let step = ParetoFrontier.step(point.latency)
      if point.earnings >= below[step] { continue }
      if point.figures == least[step] {
        members.append(point)
      } else if point.latency < UInt32(truncatingIfNeeded: least[step]) {
        others.append(point)
      }
    }
  }

  /// Adds the others that no point of their step dominates.
  private mutating func settle() {
    others.sort { $0.byLatency < $1.byLatency }
    var current = -1
    var lowest = UInt32.max
    var last: UInt64?
    for point in others {
      let step = ParetoFrontier.step(point.latency)
      if step != current {
        current = step
        lowest = below[step]
      }
      guard point.earnings < lowest || point.byLatency == last else { continue }
      lowest = point.earnings
      last = point.byLatency
      members.append(point)
    }
  }

  /// Grows with the latency.
  private static func step(_ latency: UInt32) -> Int {
    guard latency >= 64 else { return Int(latency) }
    let power = 31 - latency.leadingZeroBitCount
    return 64 + (power - 6) * 32 + Int(latency >> UInt32(power - 5) & 31)
  }
}
