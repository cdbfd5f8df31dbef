internal import Model

/// Detects resources that drift again soon after each healing, because another program changes them. Each
/// further healing waits longer, so that two programs do not keep undoing each other's changes. A value.
struct DriftFlapDetector: Sendable {
  private struct Flap: Sendable {
    var healings: Int
    var healedAt: Timestamp
    var rest: TimeSpan
  }

  private var flaps: [ResourceID: Flap] = [:]
  private var unreported: [(id: ResourceID, healings: Int, rest: TimeSpan)] = []

  /// Healings in a row that do not count as flapping.
  private static let toleratedHealings = 2
  /// The longest time from one healing to the next drift that counts as flapping, beside the rest.
  private static let window = TimeSpan(seconds: 60)
  private static let backoff = Backoff(first: TimeSpan(seconds: 2), max: TimeSpan(seconds: 300))

  /// Until when a resource that was just healed must rest; nil when it need not.
  mutating func rest(after finding: ResourceFinding, at now: Timestamp) -> Timestamp? {
    guard finding.events.contains(where: { $0.reason == .driftHealed }) else { return nil }
    let id = finding.status.id
    var flap = flaps[id] ?? Flap(healings: 0, healedAt: now, rest: TimeSpan(seconds: 0))
    let isSoon = now - flap.healedAt <= flap.rest + DriftFlapDetector.window
    flap.healings = isSoon ? flap.healings + 1 : 1
    flap.healedAt = now
    let count = flap.healings - DriftFlapDetector.toleratedHealings
    flap.rest = count > 0 ? DriftFlapDetector.backoff.rest(after: count, of: id) : TimeSpan(seconds: 0)
    flaps[id] = flap
    guard count > 0 else { return nil }
    unreported.append((id, flap.healings, flap.rest))
    return now + flap.rest
  }

  /// Removes and returns the events since the last call.
  mutating func takeEvents(at now: Timestamp, revision: Int64) -> [Event] {
    defer { unreported = [] }
    return unreported.map { id, healings, rest in
      Event(
        at: now, id: id, isWarning: true, reason: .driftsAgain,
        message:
          "drifted again soon after each of the last \(healings) healings: another program changes it. "
          + "The next healing waits for \(rest), or until the next full resync; find the program that "
          + "changes it, or set its mode to ‘observe’", revision: revision)
    }
  }
}
