package import Model
package import Reconciling

/// An outside system of fake things, with faults that tests inject. Records violations of what every
/// controller must guarantee.
package final class FakeWorld: Sendable {
  package struct Thing: Hashable, Sendable {
    package var number: Int
    package var needs: [ResourceID]
  }

  package enum Fault: Hashable, Sendable {
    case observe
    case applyBeforeEffect
    case applyAfterEffect
    /// A step that reports success without an effect.
    case lie
    /// A step that does not end before the fault is removed, even when the call is cancelled.
    case hang
    /// A step that does not end before `heal` is called, and fails as soon as the call is cancelled.
    case stall
    /// An observation that does not end before the fault is removed or the call is cancelled.
    case blind
  }

  package struct State: Sendable {
    package var things: [ResourceID: Thing] = [:]
    package var faults: [ResourceID: Set<Fault>] = [:]
    package var health: [ResourceID: Health] = [:]
    /// The data that things hold.
    package var identities: [ResourceID: DataIdentity] = [:]
    /// Things that can be created only when another thing exists.
    package var gates: [ResourceID: ResourceID] = [:]
    package var applying: Set<ResourceID> = []
    package var applyCounts: [ResourceID: Int] = [:]
    package var observeCounts: [ResourceID: Int] = [:]
    package var observeCalls = 0
    package var violations: [String] = []
    /// Resources whose calls ended because they were cancelled.
    package var cancelledCalls: [ResourceID] = []
    /// Resources whose calls were refused before their effect, because the lease was lost.
    package var fencedCalls: [ResourceID] = []
    var healed: Set<ResourceID> = []
    /// Things that were reported as created and do not exist, which no controller can know before it observes
    /// again.
    var lies: Set<ResourceID> = []
  }

  package let state = Watched(State())
  /// Called inside of every `apply`, before its effect.
  package let onApply: @Sendable (ResourceID) async -> Void

  package init(onApply: @escaping @Sendable (ResourceID) async -> Void = { _ in }) { self.onApply = onApply }

  package var things: [ResourceID: Thing] { state.value.things }
  package func applyCount(_ name: String) -> Int { state.value.applyCounts[.fake(name)] ?? 0 }
  package func observeCount(_ name: String) -> Int { state.value.observeCounts[.fake(name)] ?? 0 }

  package func inject(_ faults: Fault..., into name: String) {
    state.change { state in
      state.faults[.fake(name)] = Set(faults)
      state.healed.remove(.fake(name))
    }
  }
  /// Ends the faults, also of running calls.
  package func heal(_ name: String) {
    state.change { state in
      state.faults[.fake(name)] = nil
      state.healed.insert(.fake(name))
    }
  }
  package func put(_ name: String, _ number: Int) {
    state.change { $0.things[.fake(name)] = Thing(number: number, needs: []) }
  }
  package func remove(_ name: String) { state.change { $0.things[.fake(name)] = nil } }

  package func observation(of id: ResourceID) -> Result<FakeObserved?, BackendError> {
    state.change { state in
      state.observeCounts[id, default: 0] += 1
      guard state.faults[id]?.contains(.observe) != true else {
        return .failure(BackendError(code: "fake.unobserved", "\(id) cannot be observed"))
      }
      if let thing = state.things[id] {
        return .success(
          FakeObserved(number: thing.number, needs: Set(thing.needs), identity: state.identities[id]))
      }
      if let gate = state.gates[id], state.things[gate] == nil { return .success(FakeObserved(number: nil)) }
      return .success(nil)
    }
  }

  package func apply(_ operation: FakeOperation, to id: ResourceID, needs: [ResourceID]) async
    -> Result<Void, BackendError>
  {
    let faults = state.change { state in
      if !state.applying.insert(id).inserted {
        state.violations.append("\(id) has two steps at the same time")
      }
      state.applyCounts[id, default: 0] += 1
      return state.faults[id] ?? []
    }
    await onApply(id)
    let isCancelled =
      faults.contains(.stall)
      ? await !state.untilCancelled { $0.healed.contains(id) } : false
    if faults.contains(.hang) { await state.until { $0.faults[id]?.contains(.hang) != true } }
    return state.change { state in
      state.applying.remove(id)
      if isCancelled {
        state.cancelledCalls.append(id)
        return .failure(BackendError(code: "cancelled", "\(id) was cancelled"))
      }
      do throws(BackendError) {
        try MutationFence.require(BackendErrorCode(rawValue: "fake.leaseLost"))
      } catch {
        state.fencedCalls.append(id)
        return .failure(error)
      }
      guard !faults.contains(.applyBeforeEffect) else {
        return .failure(BackendError(code: "fake.failed", "\(id) failed before its effect"))
      }
      if faults.contains(.lie) {
        state.lies.insert(id)
      } else {
        state.lies.remove(id)
        FakeWorld.effect(operation, id, needs, &state)
      }
      guard !faults.contains(.applyAfterEffect) else {
        return .failure(BackendError(code: "fake.failed", "\(id) failed after its effect"))
      }
      return .success(())
    }
  }

  private static func effect(
    _ operation: FakeOperation, _ id: ResourceID, _ needs: [ResourceID], _ state: inout State
  ) {
    switch operation {
    case .put(let number):
      for need in needs where state.things[need] == nil && !state.lies.contains(need) {
        state.violations.append("\(id) was created before \(need)")
      }
      state.things[id] = Thing(number: number, needs: needs)
    case .delete:
      for (user, thing) in state.things
      where thing.needs.contains(id) && user != id && !state.lies.contains(user) {
        state.violations.append("\(id) was deleted while \(user) needs it")
      }
      state.things[id] = nil
    }
  }
}

package struct FakeBackend: ResourceBackend {
  private let world: FakeWorld
  package init(_ world: FakeWorld) { self.world = world }

  package func observe(_ subjects: [Subject<FakeSpec>], in context: ReconcileContext) async
    -> [ResourceID: Result<FakeObserved?, BackendError>]
  {
    world.state.change { $0.observeCalls += 1 }
    let ids = subjects.map(\.id)
    _ = await world.state.untilCancelled { state in
      !ids.contains { state.faults[$0]?.contains(.blind) == true }
    }
    return Dictionary(uniqueKeysWithValues: subjects.map { ($0.id, world.observation(of: $0.id)) })
  }

  package func apply(
    _ operation: FakeOperation, to subject: Subject<FakeSpec>, in context: ReconcileContext
  ) async throws(BackendError) {
    try await world.apply(operation, to: subject.id, needs: subject.spec?.needs ?? []).get()
  }

  package func identity(of observed: FakeObserved) -> DataIdentity? { observed.identity }

  package func health(of subject: Subject<FakeSpec>, observed: FakeObserved, in context: ReconcileContext)
    -> Health
  {
    world.state.value.health[subject.id] ?? .ready
  }
}
