package import Model

/// The waits for resources to stay absent from the manifests. A value: the controller passes the resources
/// that the manifests remove, and checks it at every tick.
///
/// Each resource has a countdown of its own. It begins when the manifests no longer declare the resource, and
/// ends early only when they declare it again or when what would be removed changes. Other changes of the
/// manifests do not concern it.
///
/// Only time between two checks counts, and at most `maxStep` of it: a process that was stopped in between
/// has not seen what changed meanwhile.
package struct QuietPeriod: Sendable {
  /// A resource that the manifests remove.
  package struct Removal: Hashable, Sendable {
    package let id: ResourceID
    /// The digest of the resource that would be removed.
    package let digest: Digest
    /// Whether removing it, or what is built on it and removed too, destroys data.
    package let losesData: Bool

    package init(id: ResourceID, digest: Digest, losesData: Bool) {
      self.id = id
      self.digest = digest
      self.losesData = losesData
    }
  }

  /// What new manifests changed.
  package struct Change: Hashable, Sendable {
    /// The removals whose countdown began, sorted.
    package var begun: [PendingRemoval] = []
    /// The resources that are no longer removed, sorted.
    package var cancelled: [ResourceID] = []

    package var isEmpty: Bool { begun.isEmpty && cancelled.isEmpty }
  }

  private struct Wait: Sendable {
    var removal: PendingRemoval
    var elapsed = TimeSpan(seconds: 0)
  }

  private let length: TimeSpan
  private var waits: [ResourceID: Wait] = [:]
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

  /// The removals that wait, and those whose wait is over and that are not recorded yet; sorted.
  package var pending: [PendingRemoval] { waits.values.map(\.removal).sorted { $0.id < $1.id } }

  /// The resources that must not be removed yet.
  package var waiting: Set<ResourceID> {
    Set(waits.values.lazy.filter { rest(of: $0).milliseconds > 0 }.map(\.removal.id))
  }

  private func span(losesData: Bool) -> TimeSpan { losesData ? length : min(length, QuietPeriod.removal) }

  private func rest(of wait: Wait) -> TimeSpan {
    TimeSpan(milliseconds: span(losesData: wait.removal.losesData).milliseconds - wait.elapsed.milliseconds)
  }

  /// Begins a countdown for each resource that is newly removed or of which something else is removed, and
  /// ends the countdowns of the resources that are no longer removed. Others continue.
  package mutating func follow(_ removals: [Removal], at now: Timestamp) -> Change {
    _ = check(at: now)
    var change = Change()
    let removed = Set(removals.map(\.id))
    change.cancelled = waits.keys.filter { !removed.contains($0) }.sorted()
    for id in change.cancelled { waits[id] = nil }
    guard !isOff else { return change }
    for removal in removals.sorted(by: { $0.id < $1.id }) {
      if let known = waits[removal.id]?.removal, known.digest == removal.digest,
        known.losesData == removal.losesData
      {
        continue
      }
      let pending = PendingRemoval(
        id: removal.id, digest: removal.digest, losesData: removal.losesData, since: now,
        dueAt: now + span(losesData: removal.losesData))
      waits[removal.id] = Wait(removal: pending)
      change.begun.append(pending)
    }
    return change
  }

  /// Counts the time since the last check.
  /// - Returns: Whether a wait takes longer than it was announced.
  package mutating func check(at now: Timestamp) -> Bool {
    let step = max(TimeSpan(seconds: 0), min(now - checkedAt, QuietPeriod.maxStep))
    checkedAt = now
    var isDelayed = false
    for (id, wait) in waits {
      var wait = wait
      wait.elapsed = wait.elapsed + step
      let due = now + rest(of: wait)
      if rest(of: wait).milliseconds > 0, due > wait.removal.dueAt + QuietPeriod.tolerance {
        wait.removal = wait.removal.delayed(until: due)
        isDelayed = true
      }
      waits[id] = wait
    }
    return isDelayed
  }

  /// Ends the waits of these resources.
  package mutating func end(_ ids: some Sequence<ResourceID>) { for id in ids { waits[id] = nil } }

  /// Ends all waits. Returns what was waited for, sorted.
  package mutating func end() -> [PendingRemoval] {
    defer { waits = [:] }
    return pending
  }
}
