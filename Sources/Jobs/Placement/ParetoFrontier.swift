/// Finds the nodes that no other beats in both latency and earnings, in two passes over those that passed the filters,
/// without sorting them: latencies fall into steps, each 1/32 wide of its power of two, and a node is out as soon as one of
/// a lower step earned no more. Its memory is kept from one search to the next.
struct ParetoFrontier: Sendable {
  struct Point: Sendable {
    let latency: UInt32
    let earnings: UInt32
    let place: UInt32

    /// Orders by earnings, then latency.
    var figures: UInt64 { UInt64(earnings) << 32 | UInt64(latency) }
    /// Orders by latency, then earnings.
    var turned: UInt64 { UInt64(latency) << 32 | UInt64(earnings) }
    /// A rough measure, to guess which beats many.
    var sum: UInt64 { UInt64(latency) + UInt64(earnings) }

    func beats(_ other: Point) -> Bool {
      latency <= other.latency && earnings <= other.earnings && figures != other.figures
    }
  }

  /// Who passed the filters: set before a search.
  var passed: [UInt64] = []
  /// What the last search found; those with equal figures need not stand together.
  private(set) var members: [Point] = []

  private static let steps = 64 + 26 * 32
  private var points: [Point] = []
  /// The least figures of each step.
  private var least = [UInt64](repeating: .max, count: ParetoFrontier.steps)
  /// The least earnings of all lower steps.
  private var below = [UInt32](repeating: .max, count: ParetoFrontier.steps)
  /// Not beaten by a lower step nor by their own step's least, but perhaps by each other.
  private var others: [Point] = []

  /// Makes room for so many nodes.
  mutating func reserve(_ count: Int) {
    let missing = (count + 63) / 64 - passed.count
    if missing > 0 { passed.append(contentsOf: repeatElement(0, count: missing)) }
    if points.count < passed.count * 64 {
      points = Array(
        repeating: Point(latency: 0, earnings: 0, place: 0), count: passed.count * 64)
    }
  }

  /// - Returns: how many there are.
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

  /// Puts the points together, and the least of each step.
  /// - Returns: how many there are; those that passed and are beaten plainly are left out.
  private static func gather(
    passed: [UInt64], cold: [UInt64], latencies: [UInt32], earnings: [UInt32], into points: inout [Point],
    least: inout [UInt64]
  ) -> Int {
    var points = points.mutableSpan
    var least = least.mutableSpan
    let (passed, cold, latencies, earnings) = (passed.span, cold.span, latencies.span, earnings.span)
    // One of the better ones so far: what it beats is passed over at once.
    var pivot = Point(latency: .max, earnings: .max, place: 0)
    var count = 0
    for word in cold.indices {
      var left = passed[word]
      let coldWord = cold[word]
      while left != 0 {
        let bit = left.trailingZeroBitCount
        left &= left - 1
        let place = word << 6 | bit
        var latency = latencies[place]
        if coldWord >> UInt64(bit) & 1 != 0 {
          latency = UInt32(min(Int64(latency) + Estimate.coldStart, Estimate.longest))
        }
        let point = Point(latency: latency, earnings: earnings[place], place: UInt32(place))
        if pivot.beats(point) { continue }
        if point.sum < pivot.sum { pivot = point }
        points[count] = point
        count += 1
        let step = ParetoFrontier.step(latency)
        least[step] = min(least[step], point.figures)
      }
    }
    return count
  }

  /// Parts the points that may be on the front from the rest.
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

  /// Adds those of the others that are not beaten within their step.
  private mutating func settle() {
    others.sort { $0.turned < $1.turned }
    var current = -1
    var lowest = UInt32.max
    var last: UInt64?
    for point in others {
      let step = ParetoFrontier.step(point.latency)
      if step != current {
        current = step
        lowest = below[step]
      }
      guard point.earnings < lowest || point.turned == last else { continue }
      lowest = point.earnings
      last = point.turned
      members.append(point)
    }
  }

  /// Never less for a longer latency.
  private static func step(_ latency: UInt32) -> Int {
    guard latency >= 64 else { return Int(latency) }
    let power = 31 - latency.leadingZeroBitCount
    return 64 + (power - 6) * 32 + Int(latency >> UInt32(power - 5) & 31)
  }
}
