package import Model
import Synchronization

/// The jobs of modules, in memory. Each call of `drain` may end attempts.
package final class FakeWork: WorkDirectory {
  package struct State: Sendable {
    package var attempts: [RunningAttempt] = []
    package var drained: [DrainScope: DrainState] = [:]
    /// Nil: the scheduler has no tables of drains.
    package var canDrain = true
    /// Why the scheduler does not answer.
    package var failure: String?
    /// How many calls of `drain` pass before its attempts end; nil: they never end.
    package var callsToEnd: Int? = 0
    /// The successor that the last call of `drain` named.
    package var successor: Digest?
    /// What was called: `drain a`, `preempt a`, `release a`, with the name of the node.
    package var calls: [String] = []
  }

  private let state: Mutex<State>
  package static let scheduler = ResourceID(kind: "Scheduler", name: "global")

  package init(_ attempts: [RunningAttempt] = []) {
    var state = State()
    state.attempts = attempts
    self.state = Mutex(state)
  }

  package var value: State { state.withLock { $0 } }
  package func change(_ body: (inout State) -> Void) { state.withLock { body(&$0) } }

  package func work(of modules: Set<ResourceID>, in context: ReconcileContext) async
    -> [ResourceID: RunningWork]
  {
    let state = value
    let work: (ResourceID) -> RunningWork = { module in
      if let failure = state.failure { return .unknown(scheduler: FakeWork.scheduler, reason: failure) }
      let attempts = state.attempts.filter { $0.scope.module == module }
      return state.canDrain
        ? .known(attempts: attempts, drained: state.drained.filter { $0.key.module == module })
        : .undrainable(attempts: attempts)
    }
    return Dictionary(uniqueKeysWithValues: modules.map { ($0, work($0)) })
  }

  package func drain(
    _ scope: DrainScope, successor: Digest?, within limit: TimeSpan, because reason: String,
    in context: ReconcileContext
  ) async throws(BackendError) -> [RunningAttempt] {
    try state.withLock { state throws(BackendError) -> [RunningAttempt] in
      if let failure = state.failure { throw BackendError(code: "postgres.unreachable", failure) }
      state.calls.append("drain \(scope.node.name)")
      state.successor = successor
      state.drained[scope] = DrainState(reason: reason, until: context.now + limit)
      if let calls = state.callsToEnd {
        if calls <= 0 { state.attempts.removeAll { $0.scope == scope } }
        state.callsToEnd = max(calls - 1, 0)
      }
      return state.attempts.filter { $0.scope == scope }
    }
  }

  package func preempt(_ scope: DrainScope, because reason: String, in context: ReconcileContext)
    async throws(BackendError)
  {
    change { state in
      state.calls.append("preempt \(scope.node.name)")
      state.attempts.removeAll { $0.scope == scope }
    }
  }

  package func release(_ scope: DrainScope, in context: ReconcileContext) async throws(BackendError) {
    change { state in
      state.calls.append("release \(scope.node.name)")
      state.drained[scope] = nil
    }
  }
}
