internal import Model

/// Which nodes sent a heartbeat lately.
struct NodeLiveness: Sendable {
  /// Nodes whose last heartbeat is at `cutoff` or later.
  private(set) var online = BitSet()
  /// Microseconds, by index; the least number: never.
  private var heartbeats: [Int64] = []
  private var cutoff = Int64.min + 1
  /// No heartbeat of an online node is older.
  private var oldest = Int64.max

  mutating func grow(to count: Int) {
    online.grow(to: count)
    if heartbeats.count < count {
      heartbeats.append(contentsOf: repeatElement(Int64.min, count: count - heartbeats.count))
    }
  }

  /// - Parameter time: nil: the node never sent a heartbeat.
  mutating func recordHeartbeat(of index: Int, at time: Timestamp?) {
    let time = time?.microseconds ?? Int64.min
    heartbeats[index] = time
    online.set(index, time >= cutoff)
    if time >= cutoff { oldest = min(oldest, time) }
  }

  /// Makes `online` the nodes whose last heartbeat is at most `span` before `now`. Most calls find that no
  /// node went offline since the last one and cost nothing.
  mutating func update(at now: Timestamp, _ span: TimeSpan) {
    let (micros, isHuge) = span.milliseconds.multipliedReportingOverflow(by: 1000)
    let (moment, isEarly) = now.microseconds.subtractingReportingOverflow(micros)
    let wanted = isHuge || isEarly ? Int64.min + 1 : max(moment, Int64.min + 1)
    defer { cutoff = wanted }
    guard wanted < cutoff || wanted > oldest else { return }
    oldest = .max
    for index in heartbeats.indices {
      let isOnline = heartbeats[index] >= wanted
      online.set(index, isOnline)
      if isOnline { oldest = min(oldest, heartbeats[index]) }
    }
  }
}
