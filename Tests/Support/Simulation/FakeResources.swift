import Model
import Reconciling
import ReconcilingSupport
import Synchronization

/// The resources of the kind `Fake`, which consist of a number and references, so that only their order can
/// be wrong.
final class FakeResources: Sendable {
  struct Entry: Hashable, Sendable {
    var number: Int
    var needs: [ResourceID]
  }

  private struct State {
    var entries: [ResourceID: Entry] = [:]
    /// Resources that can be created only after another one, without a declared reference.
    var gates: [ResourceID: ResourceID] = [:]
  }

  private let state = Mutex(State())

  var all: [ResourceID: Entry] { state.withLock { $0.entries } }
  func put(_ id: ResourceID, _ entry: Entry?) { state.withLock { $0.entries[id] = entry } }
  func setGates(_ gates: [ResourceID: ResourceID]) { state.withLock { $0.gates = gates } }

  func observation(of id: ResourceID) -> FakeObserved? {
    state.withLock { state in
      if let entry = state.entries[id] { return FakeObserved(number: entry.number, needs: Set(entry.needs)) }
      if let gate = state.gates[id], state.entries[gate] == nil { return FakeObserved(number: nil) }
      return nil
    }
  }

  /// Returns a description when the order is wrong.
  func apply(_ operation: FakeOperation, to id: ResourceID, needs: [ResourceID]) -> String? {
    state.withLock { state in
      switch operation {
      case .put(let number):
        state.entries[id] = Entry(number: number, needs: needs)
        return needs.first { $0.kind == id.kind && state.entries[$0] == nil }
          .map { "\(id) was created before \($0)" }
      case .delete:
        state.entries[id] = nil
        return state.entries.filter { $0.value.needs.contains(id) }.keys.min()
          .map { "\(id) was deleted while \($0) needs it" }
      }
    }
  }
}

struct SimulatedFakes: ResourceBackend {
  let world: World

  func observe(_ subjects: [Subject<FakeSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<FakeObserved?, BackendError>]
  {
    Dictionary(
      uniqueKeysWithValues: subjects.map { ($0.id, .success(world.systems.fakes.observation(of: $0.id))) })
  }

  func apply(_ operation: FakeOperation, to subject: Subject<FakeSpec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    let needs = subject.spec?.needs ?? []
    let problem = world.systems.fakes.apply(operation, to: subject.id, needs: needs)
    if let problem, world.checksOrder { world.invariants.violate(problem) }
  }
}
