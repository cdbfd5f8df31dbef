import Model
import Reconciling
import ReconcilingSupport
import Synchronization

/// Where the things of the abstract kind are: the kind that has nothing but a number and needs others, so that order is
/// all that there is to get wrong.
final class Things: Sendable {
  struct Thing: Hashable, Sendable {
    var number: Int
    var needs: [ResourceID]
  }

  private struct State {
    var things: [ResourceID: Thing] = [:]
    /// Things that may be made only once another is there, which nobody declared.
    var gates: [ResourceID: ResourceID] = [:]
  }

  private let state = Mutex(State())

  var all: [ResourceID: Thing] { state.withLock { $0.things } }
  func put(_ id: ResourceID, _ thing: Thing?) { state.withLock { $0.things[id] = thing } }
  func setGates(_ gates: [ResourceID: ResourceID]) { state.withLock { $0.gates = gates } }

  func observation(of id: ResourceID) -> FakeObserved? {
    state.withLock { state in
      if let thing = state.things[id] { return FakeObserved(number: thing.number, needs: Set(thing.needs)) }
      if let gate = state.gates[id], state.things[gate] == nil { return FakeObserved(number: nil) }
      return nil
    }
  }

  /// Returns what was wrong with the order.
  func apply(_ operation: FakeOperation, to id: ResourceID, needs: [ResourceID]) -> String? {
    state.withLock { state in
      switch operation {
      case .put(let number):
        state.things[id] = Thing(number: number, needs: needs)
        return needs.first { $0.kind == id.kind && state.things[$0] == nil }
          .map { "\(id) was made before \($0)" }
      case .delete:
        state.things[id] = nil
        return state.things.filter { $0.value.needs.contains(id) }.keys.min()
          .map { "\(id) was deleted while \($0) needs it" }
      }
    }
  }
}

struct ThingBackend: ResourceBackend {
  let world: World

  func observe(_ subjects: [Subject<FakeSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<FakeObserved?, BackendError>]
  {
    Dictionary(
      uniqueKeysWithValues: subjects.map { ($0.id, .success(world.systems.things.observation(of: $0.id))) })
  }

  func apply(_ operation: FakeOperation, to subject: Subject<FakeSpec>, in context: ReconcileContext)
    async throws(BackendError)
  {
    let needs = subject.spec?.needs ?? []
    let disorder = world.systems.things.apply(operation, to: subject.id, needs: needs)
    if let disorder, world.isOrderly { world.rules.violate(disorder) }
  }
}
