internal import Model

/// Resources that drift again soon after each healing: somebody else wants them otherwise. Each further healing waits
/// longer, so that two programs do not undo each other's work all day. A value.
struct DriftFlapDetector: Sendable {
  private struct Fight: Sendable {
    var healings: Int
    var lastHealed: Timestamp
    var rest: TimeSpan
  }

  private var driftFlaps: [ResourceID: Fight] = [:]
  private var news: [(id: ResourceID, healings: Int, rest: TimeSpan)] = []

  /// So many healings in a row, each soon after the one before, are no accident.
  private static let tolerable = 2
  private static let soon = TimeSpan(seconds: 60)
  private static let backoff = Backoff(first: TimeSpan(seconds: 2), longest: TimeSpan(seconds: 300))

  /// Until when a resource rests that was healed just now; nil where it need not.
  mutating func rest(after finding: ResourceFinding, at now: Timestamp) -> Timestamp? {
    guard finding.events.contains(where: { $0.reason == "DriftHealed" }) else { return nil }
    let id = finding.status.id
    var fight = driftFlaps[id] ?? Fight(healings: 0, lastHealed: now, rest: TimeSpan(seconds: 0))
    let isSoon = now - fight.lastHealed <= fight.rest + DriftFlapDetector.soon
    fight.healings = isSoon ? fight.healings + 1 : 1
    fight.lastHealed = now
    let count = fight.healings - DriftFlapDetector.tolerable
    fight.rest = count > 0 ? DriftFlapDetector.backoff.rest(after: count, of: id) : TimeSpan(seconds: 0)
    driftFlaps[id] = fight
    guard count > 0 else { return nil }
    news.append((id, fight.healings, fight.rest))
    return now + fight.rest
  }

  /// Events about what was found since this was asked last.
  mutating func takeEvents(at now: Timestamp, revision: Int64) -> [Event] {
    defer { news = [] }
    return news.map { id, healings, rest in
      Event(
        at: now, id: id, isWarning: true, reason: "DriftsAgain",
        message:
          "drifted again soon after each of the last \(healings) healings: something else changes it. The next "
          + "healing waits for \(rest), or until the next full resync; find who changes it, or set its mode to "
          + "‘observe’", revision: revision)
    }
  }
}

extension TimeSpan {
  fileprivate static func + (a: TimeSpan, b: TimeSpan) -> TimeSpan {
    TimeSpan(milliseconds: a.milliseconds + b.milliseconds)
  }
}
