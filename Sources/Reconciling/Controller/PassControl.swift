package import Model
internal import Synchronization

/// Coordinates the loop with a running pass. When there is a newer revision, the pass starts nothing, cancels
/// the steps that the revision changes, and releases each resource as soon as none of its steps runs.
///
/// A resource is *busy* from its first step to the end of its last, and while it is claimed or recorded.
/// Resources that are not busy are released at once, busy ones when they end, so that no resource is ever
/// worked on twice.
package final class PassControl: Sendable {
  private struct State {
    var newer: Int64?
    var busy: Set<ResourceID> = []
    /// Resources that are no longer part of the pass.
    var released: Set<ResourceID> = []
    /// The resources that the loop expects from the pass, as of when it became outdated.
    var scope: Set<ResourceID> = []
    var cancelled: Set<ResourceID> = []
    /// The first failed resource, when no step may start after a failure.
    var failed: ResourceID?
    var watchers: [ResourceID: AsyncStream<StepCall.Cause>.Continuation] = [:]
    /// The exclusive process that the pass yields to.
    var exclusive: String?
    /// The same, once running steps are cancelled too.
    var cancelsFor: String?
    var isOutdated: Bool { newer != nil || exclusive != nil }
  }

  private let state = Mutex(State())
  private let endsOnFailure: Bool
  private let onRelease: @Sendable (Set<ResourceID>) -> Void
  private let end: AsyncStream<Never>.Continuation
  private let untilAbandoned: AsyncStream<Never>

  /// - Parameters:
  ///   - endsOnFailure: Whether no step starts after a failure.
  ///   - onRelease: Called with resources that the pass releases before it has settled them.
  package init(
    endsOnFailure: Bool = false, onRelease: @escaping @Sendable (Set<ResourceID>) -> Void = { _ in }
  ) {
    self.endsOnFailure = endsOnFailure
    self.onRelease = onRelease
    (untilAbandoned, end) = AsyncStream.makeStream()
  }

  /// Replaces the pass because there is a newer revision.
  /// - Parameters:
  ///   - scope: The resources of the pass that are not settled.
  ///   - changed: Resources whose running steps are cancelled.
  package func supersede(by revision: Int64, scope: Set<ResourceID>, changed: Set<ResourceID>) {
    outdate(scope: scope, cause: .superseded(by: revision)) { state in
      state.newer = max(revision, state.newer ?? revision)
      state.cancelled.formUnion(changed)
      return changed.sorted().compactMap { state.watchers[$0] }
    }
  }

  /// Yields to a process that needs the environment exclusively: no step starts.
  /// - Parameters:
  ///   - scope: The resources of the pass that are not settled.
  ///   - cancelsSteps: Whether running steps are cancelled too, except for routine work.
  package func yield(to other: String, scope: Set<ResourceID>, cancelsSteps: Bool) {
    outdate(scope: scope, cause: .yielded(to: other)) { state in
      state.exclusive = other
      guard cancelsSteps else { return [] }
      state.cancelsFor = other
      return state.watchers.sorted { $0.key < $1.key }.map(\.value)
    }
  }

  /// Releases what is not busy and cancels the calls of the returned watchers.
  private func outdate(
    scope: Set<ResourceID>, cause: StepCall.Cause,
    _ change: (inout State) -> [AsyncStream<StepCall.Cause>.Continuation]
  ) {
    let (released, watchers, isAbandoned) = state.withLock { state in
      let watchers = change(&state)
      state.scope = scope
      let released = scope.subtracting(state.busy).subtracting(state.released)
      state.released.formUnion(released)
      return (released, watchers, state.busy.isEmpty)
    }
    for watcher in watchers { watcher.yield(cause) }
    if !released.isEmpty { onRelease(released) }
    if isAbandoned { end.finish() }
  }

  /// The newest revision that replaces the one of this pass; nil when there is none.
  package var newerRevision: Int64? { state.withLock { $0.newer } }

  /// Whether the pass is outdated and no resource is busy.
  package var isAbandoned: Bool { state.withLock { $0.isOutdated && $0.busy.isEmpty } }

  /// Returns when the pass is abandoned, or when the task is cancelled.
  func abandonment() async { for await _ in untilAbandoned {} }

  /// Marks resources as busy, so that they are not released. Returns those that are still part of the pass.
  func acquire(_ ids: some Sequence<ResourceID>) -> Set<ResourceID> {
    state.withLock { state in
      let acquired = Set(ids).subtracting(state.released)
      state.busy.formUnion(acquired)
      return acquired
    }
  }

  /// Ends `acquire`. Releases the resources that are not settled when the pass is outdated.
  func release(_ ids: Set<ResourceID>) {
    let (released, isAbandoned) = state.withLock { state -> (Set<ResourceID>, Bool) in
      state.busy.subtract(ids)
      guard state.isOutdated else { return ([], false) }
      let released = ids.intersection(state.scope).subtracting(state.released)
      state.released.formUnion(released)
      return (released, state.busy.isEmpty)
    }
    if !released.isEmpty { onRelease(released) }
    if isAbandoned { end.finish() }
  }

  /// Ends `acquire` for resources that the pass has settled.
  func finish(_ ids: Set<ResourceID>) {
    let isAbandoned = state.withLock { state in
      state.busy.subtract(ids)
      state.released.formUnion(ids)
      return state.isOutdated && state.busy.isEmpty
    }
    if isAbandoned { end.finish() }
  }

  /// Marks a resource as busy for its steps. Nil on success, else the result of the resource, whose steps
  /// must not start.
  func begin(_ id: ResourceID, revision: Int64) -> Executor.Result? {
    state.withLock { state in
      if let failed = state.failed { return .skipped(because: failed) }
      guard state.exclusive == nil else { return .cancelled }
      guard state.newer == nil, !state.released.contains(id) else {
        return .superseded(by: state.newer ?? revision)
      }
      state.busy.insert(id)
      return nil
    }
  }

  /// The result of a resource whose next step must not start; nil when the step may start.
  func end(before id: ResourceID) -> Executor.Result? {
    state.withLock { state in
      if let failed = state.failed, failed != id { return .skipped(because: failed) }
      guard state.exclusive == nil else { return .cancelled }
      return state.newer.map { .superseded(by: $0) }
    }
  }

  func noteFailure(of id: ResourceID) {
    guard endsOnFailure else { return }
    state.withLock { $0.failed = $0.failed ?? id }
  }

  /// Waits for a reason to cancel the running step of a resource; nil when the task is cancelled first.
  /// - Parameter isRoutine: Whether only a newer revision cancels the step.
  func cancellation(of id: ResourceID, isRoutine: Bool) async -> StepCall.Cause? {
    let (causes, watcher) = AsyncStream<StepCall.Cause>.makeStream()
    let known = state.withLock { state -> StepCall.Cause? in
      state.watchers[id] = watcher
      if state.cancelled.contains(id), let newer = state.newer { return .superseded(by: newer) }
      return state.cancelsFor.map { .yielded(to: $0) }
    }
    if let known, !isRoutine || !known.isYielding { return known }
    for await cause in causes where !isRoutine || !cause.isYielding { return cause }
    return nil
  }

  /// Records that no step of this resource runs.
  func endStep(of id: ResourceID) { state.withLock { $0.watchers[id] = nil } }
}
