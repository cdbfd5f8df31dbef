package import Model
package import Reconciling

/// Where the fake things are, with the faults that a test injects. Notes what no controller may ever do.
package final class FakeWorld: Sendable {
  package struct Thing: Hashable, Sendable {
    package var number: Int
    package var needs: [ResourceID]
  }

  package enum Fault: Hashable, Sendable {
    case observe
    case applyBeforeEffect
    case applyAfterEffect
    /// Says that it was done, and did nothing.
    case lie
    /// Does nothing until the fault is taken away, also when the call is cancelled.
    case hang
    /// Does nothing until `heal` is called, and fails as soon as the call is cancelled.
    case stall
    /// An observation that does not answer until the fault is taken away or the call is cancelled.
    case blind
  }

  package struct State: Sendable {
    package var things: [ResourceID: Thing] = [:]
    package var faults: [ResourceID: Set<Fault>] = [:]
    package var health: [ResourceID: Health] = [:]
    /// Things that may be made only once another is there.
    package var gates: [ResourceID: ResourceID] = [:]
    package var applying: Set<ResourceID> = []
    package var applyCounts: [ResourceID: Int] = [:]
    package var observeCounts: [ResourceID: Int] = [:]
    package var observeCalls = 0
    package var violations: [String] = []
    /// Whose calls ended because they were cancelled.
    package var cutShort: [ResourceID] = []
    var healed: Set<ResourceID> = []
    /// Said to be made and not there: no controller can know before it looks again.
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
  /// Ends the faults, of calls under way too.
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
        return .failure(BackendError(code: "fake.unseen", "\(id) cannot be seen"))
      }
      if let thing = state.things[id] {
        return .success(FakeObserved(number: thing.number, needs: Set(thing.needs)))
      }
      if let gate = state.gates[id], state.things[gate] == nil { return .success(FakeObserved(number: nil)) }
      return .success(nil)
    }
  }

  package func apply(_ operation: FakeOperation, to id: ResourceID, needs: [ResourceID]) async
    -> Result<Void, BackendError>
  {
    let faults = state.change { state in
      if !state.applying.insert(id).inserted { state.violations.append("\(id) is worked on twice at once") }
      state.applyCounts[id, default: 0] += 1
      return state.faults[id] ?? []
    }
    await onApply(id)
    let isCutShort =
      faults.contains(.stall)
      ? await !state.untilCancelled { $0.healed.contains(id) } : false
    if faults.contains(.hang) { await state.until { $0.faults[id]?.contains(.hang) != true } }
    return state.change { state in
      state.applying.remove(id)
      if isCutShort {
        state.cutShort.append(id)
        return .failure(BackendError(code: "cancelled", "\(id) was given up"))
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
        state.violations.append("\(id) was made before \(need)")
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

  package func health(of subject: Subject<FakeSpec>, observed: FakeObserved, in context: ReconcileContext)
    -> Health
  {
    world.state.value.health[subject.id] ?? .ready
  }
}
