package import Model

/// Decides which replica processes start and stop, and restarts those that exit, after a back-off. A value:
/// the caller performs its actions and records their results.
package struct ReplicaSlots: Hashable, Sendable {
  package enum Action: Hashable, Sendable {
    case start(Int)
    case stop(Int)
  }

  private enum Slot: Hashable, Sendable {
    case idle
    case running(since: Timestamp)
    /// A stop was requested, and the process has not exited yet.
    case stopping
    /// The process exited without a request.
    case backingOff(until: Timestamp)
  }

  private var slots: [Slot] = []
  /// For each slot, the number of consecutive exits within `stableAfter` of the start.
  private var crashCounts: [Int] = []

  package init() {}

  /// The number of processes that run, including those that are stopping.
  package var running: Int {
    slots.count { slot in
      switch slot {
      case .running, .stopping: true
      case .idle, .backingOff: false
      }
    }
  }

  /// The actions after which the first `desired` slots run. A repeated call returns no action twice.
  package mutating func actions(desired: Int, at now: Timestamp) -> [Action] {
    while slots.count < desired {
      slots.append(.idle)
      crashCounts.append(0)
    }
    var actions: [Action] = []
    for slot in slots.indices {
      switch slots[slot] {
      case .idle where slot < desired:
        slots[slot] = .running(since: now)
        actions.append(.start(slot))
      case .backingOff(let until) where slot < desired && until <= now:
        slots[slot] = .running(since: now)
        actions.append(.start(slot))
      case .backingOff where slot >= desired:
        slots[slot] = .idle
        crashCounts[slot] = 0
      case .running where slot >= desired:
        slots[slot] = .stopping
        actions.append(.stop(slot))
      case .idle, .running, .stopping, .backingOff: break
      }
    }
    return actions
  }

  /// Records that the process of a slot has exited.
  package mutating func recordEnd(of slot: Int, at now: Timestamp) {
    guard slots.indices.contains(slot) else { return }
    guard case .running(let since) = slots[slot] else {
      slots[slot] = .idle
      crashCounts[slot] = 0
      return
    }
    crashCounts[slot] = now - since >= ReplicaSlots.stableAfter ? 1 : crashCounts[slot] + 1
    slots[slot] = .backingOff(until: now + ReplicaSlots.backOff(afterCrashes: crashCounts[slot]))
  }

  /// A process that ran for this time did not crash at its start.
  package static let stableAfter = TimeSpan(seconds: 60)

  /// 1 s, doubled for each crash, at most 60 s.
  package static func backOff(afterCrashes count: Int) -> TimeSpan {
    min(TimeSpan(seconds: 1 << Int64(min(max(count - 1, 0), 6))), TimeSpan(seconds: 60))
  }
}
