package import Model

/// The wait for manifests that remove resources to stay the same. A value: the controller asks it about each
/// state that it read and checks it at every tick.
///
/// Only time between two checks counts, and at most `maxStep` of it: a process that was stopped in between
/// has not seen what changed meanwhile.
package struct QuietPeriod: Sendable {
  package enum Check: Hashable, Sendable {
    case over
    case waiting
    /// The wait takes longer than it was announced.
    case delayed(PendingRemoval)
  }

  /// The removal that is waited for; nil when there is none.
  package private(set) var pending: PendingRemoval?
  private let length: TimeSpan
  private var elapsed = TimeSpan(seconds: 0)
  private var checkedAt = Timestamp(microseconds: 0)

  /// The length for removals that destroy no data.
  private static let removal = TimeSpan(seconds: 2)
  private static let maxStep = TimeSpan(seconds: 2)
  /// How far the announced time may be wrong.
  private static let tolerance = TimeSpan(seconds: 1)

  /// - Parameter length: The length for removals that destroy data; 0 for no wait at all.
  package init(_ length: TimeSpan) { self.length = length }

  /// Whether no removal ever waits.
  package var isOff: Bool { length.milliseconds <= 0 }

  /// The wait that manifests with these removals need before they are recorded; nil when they need none.
  package func wait(
    for digest: Digest, removing removals: [ResourceID], losesData: Bool, at now: Timestamp
  ) -> PendingRemoval? {
    guard !isOff, !removals.isEmpty else { return nil }
    let span = span(losesData: losesData)
    return PendingRemoval(
      digest: digest, removals: removals, losesData: losesData, since: now, dueAt: now + span)
  }

  private func span(losesData: Bool) -> TimeSpan { losesData ? length : min(length, QuietPeriod.removal) }

  /// Begins a wait, or begins it again for other manifests.
  package mutating func begin(_ wait: PendingRemoval, at now: Timestamp) {
    pending = wait
    elapsed = TimeSpan(seconds: 0)
    checkedAt = now
  }

  /// Counts the time since the last check.
  package mutating func check(at now: Timestamp) -> Check {
    guard let pending else { return .over }
    elapsed = elapsed + max(TimeSpan(seconds: 0), min(now - checkedAt, QuietPeriod.maxStep))
    checkedAt = now
    let rest = TimeSpan(
      milliseconds: span(losesData: pending.losesData).milliseconds - elapsed.milliseconds)
    guard rest.milliseconds > 0 else { return .over }
    guard now + rest > pending.dueAt + QuietPeriod.tolerance else { return .waiting }
    let later = PendingRemoval(
      digest: pending.digest, removals: pending.removals, losesData: pending.losesData, since: pending.since,
      dueAt: now + rest)
    self.pending = later
    return .delayed(later)
  }

  /// Ends the wait. Returns what was waited for.
  package mutating func end() -> PendingRemoval? {
    defer { pending = nil }
    return pending
  }
}
