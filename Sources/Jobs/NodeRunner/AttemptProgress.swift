internal import JobModel
internal import Synchronization

/// The progress that a module reported, and the part of it that was reported to the scheduler.
final class AttemptProgress: Sendable {
  struct Report: Hashable, Sendable {
    var units: Int64 = 0
    var note: String?
  }

  private struct State {
    var received = Report()
    var sent = Report()
  }

  private let state = Mutex(State())

  func record(_ line: ProgressLine) {
    state.withLock { state in
      // The total of completed units never decreases.
      state.received.units = max(state.received.units, line.units ?? 0)
      state.received.note = line.note ?? state.received.note
    }
  }

  var hasUnsentReport: Bool { state.withLock { $0.received != $0.sent } }
  func markSent(_ report: Report) { state.withLock { $0.sent = report } }

  /// The latest report; its units never exceed those of the order.
  func report(for order: WorkOrder) -> Report {
    state.withLock { state in
      state.received.units = min(state.received.units, order.units)
      return state.received
    }
  }
}
