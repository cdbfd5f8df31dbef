internal import Model

/// Who gave a sign of life lately.
struct NodePresence: Sendable {
  /// Heard at `cutoff` or later.
  private(set) var online = BitSet()
  /// Microseconds, by place; the least number: never.
  private var heardAt: [Int64] = []
  private var cutoff = Int64.min + 1
  /// No member of `online` was heard before.
  private var oldest = Int64.max

  mutating func grow(to count: Int) {
    online.grow(to: count)
    if heardAt.count < count {
      heardAt.append(contentsOf: repeatElement(Int64.min, count: count - heardAt.count))
    }
  }

  /// - Parameter time: nil: never.
  mutating func heard(_ place: Int, at time: Timestamp?) {
    let time = time?.microseconds ?? Int64.min
    heardAt[place] = time
    online.set(place, time >= cutoff)
    if time >= cutoff { oldest = min(oldest, time) }
  }

  /// Makes `online` those that were heard at most `span` before `now`. Most calls find that nobody left meanwhile, and cost
  /// nothing.
  mutating func look(at now: Timestamp, _ span: TimeSpan) {
    let (micros, isHuge) = span.milliseconds.multipliedReportingOverflow(by: 1000)
    let (moment, isEarly) = now.microseconds.subtractingReportingOverflow(micros)
    let wanted = isHuge || isEarly ? Int64.min + 1 : max(moment, Int64.min + 1)
    defer { cutoff = wanted }
    guard wanted < cutoff || wanted > oldest else { return }
    oldest = .max
    for place in heardAt.indices {
      let isOnline = heardAt[place] >= wanted
      online.set(place, isOnline)
      if isOnline { oldest = min(oldest, heardAt[place]) }
    }
  }
}
