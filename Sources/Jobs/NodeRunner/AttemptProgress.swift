internal import JobModel
internal import Synchronization

/// What a module has said of how it goes, and what of that was passed on.
final class AttemptProgress: Sendable {
  struct Words: Hashable, Sendable {
    var units: Int64 = 0
    var note: String?
  }

  private struct State {
    var said = Words()
    var told = Words()
  }

  private let state = Mutex(State())

  func hear(_ line: ProgressLine) {
    state.withLock { state in
      // Of units done in all there are never fewer.
      state.said.units = max(state.said.units, line.units ?? 0)
      state.said.note = line.note ?? state.said.note
    }
  }

  var hasNews: Bool { state.withLock { $0.said != $0.told } }
  func haveTold(_ words: Words) { state.withLock { $0.told = words } }

  /// Never more units than were ordered.
  func words(of order: WorkOrder) -> Words {
    state.withLock { state in
      state.said.units = min(state.said.units, order.units)
      return state.said
    }
  }
}
