internal import Concurrency
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
  private var backoffs: [RestartBackoff] = []
  /// The number of processes that exited without a request.
  package private(set) var crashCount = 0

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
      backoffs.append(ReplicaSlots.backoff)
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
        backoffs[slot] = ReplicaSlots.backoff
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
      backoffs[slot] = ReplicaSlots.backoff
      return
    }
    crashCount += 1
    let delay = backoffs[slot].delay(afterRunOf: (now - since).duration)
    slots[slot] = .backingOff(until: now + TimeSpan(milliseconds: Int64(delay / .milliseconds(1))))
  }

  /// A process that ran for 60 s did not crash at its start.
  private static let backoff = RestartBackoff(first: .seconds(1), max: .seconds(60))
}
