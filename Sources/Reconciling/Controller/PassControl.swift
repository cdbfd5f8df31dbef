package import Model
internal import Synchronization

/// What the loop and a pass agree on while the pass works: as soon as a newer revision exists, the pass begins
/// nothing any more, gives up what that revision changes, and lets go of each resource as soon as nothing of it is
/// under way.
///
/// A resource is *busy* from the first step to the end of the last, and while it is claimed or recorded. Whatever is
/// not busy is let go of at once; what is busy is let go of when it ends, so a resource is never worked on twice.
package final class PassControl: Sendable {
  private struct State {
    var newer: Int64?
    var busy: Set<ResourceID> = []
    /// The pass has nothing to do with these any more.
    var gone: Set<ResourceID> = []
    /// All that the loop counts on the pass for, as soon as there is a newer revision.
    var scope: Set<ResourceID> = []
    var cancelled: Set<ResourceID> = []
    /// What failed, where nothing is to be begun after that.
    var failed: ResourceID?
    var watchers: [ResourceID: AsyncStream<StepCall.Cause>.Continuation] = [:]
    /// Who asked for the environment and is made way for.
    var other: String?
    var givesUpFor: String?
    var isOutdated: Bool { newer != nil || other != nil }
  }

  private let state = Mutex(State())
  private let endsOnFailure: Bool
  private let release: @Sendable (Set<ResourceID>) -> Void
  private let end: AsyncStream<Never>.Continuation
  private let untilAbandoned: AsyncStream<Never>

  /// - Parameters:
  ///   - endsOnFailure: whether nothing is begun any more once something has failed.
  ///   - release: told which resources the pass lets go of before it has settled them.
  package init(
    endsOnFailure: Bool = false, release: @escaping @Sendable (Set<ResourceID>) -> Void = { _ in }
  ) {
    self.endsOnFailure = endsOnFailure
    self.release = release
    (untilAbandoned, end) = AsyncStream.makeStream()
  }

  /// A newer revision exists.
  /// - Parameters:
  ///   - scope: what the pass works on and has not settled.
  ///   - changed: those whose steps are given up.
  package func supersede(by revision: Int64, scope: Set<ResourceID>, changed: Set<ResourceID>) {
    let (released, watchers, isAbandoned) = state.withLock { state in
      state.newer = max(revision, state.newer ?? revision)
      state.scope = scope
      state.cancelled.formUnion(changed)
      let released = scope.subtracting(state.busy).subtracting(state.gone)
      state.gone.formUnion(released)
      return (released, changed.sorted().compactMap { state.watchers[$0] }, state.busy.isEmpty)
    }
    for watcher in watchers { watcher.yield(.superseded(by: revision)) }
    if !released.isEmpty { release(released) }
    if isAbandoned { end.finish() }
  }

  /// Somebody wants the environment for himself: nothing is begun any more.
  /// - Parameters:
  ///   - scope: what the pass works on and has not settled.
  ///   - givesUp: whether steps under way are given up too, except for routine work.
  package func yield(for other: String, scope: Set<ResourceID>, givesUp: Bool) {
    let (released, watchers, isAbandoned) = state.withLock { state in
      state.other = other
      state.scope = scope
      if givesUp { state.givesUpFor = other }
      let released = scope.subtracting(state.busy).subtracting(state.gone)
      state.gone.formUnion(released)
      let watchers = givesUp ? state.watchers.sorted { $0.key < $1.key }.map(\.value) : []
      return (released, watchers, state.busy.isEmpty)
    }
    for watcher in watchers { watcher.yield(.yielded(to: other)) }
    if !released.isEmpty { release(released) }
    if isAbandoned { end.finish() }
  }

  /// The newest revision that is known to replace the one of this pass; nil while there is none.
  package var newerRevision: Int64? { state.withLock { $0.newer } }

  /// Whether the pass has nothing left to do because of a newer revision, or of somebody who is made way for.
  package var isAbandoned: Bool { state.withLock { $0.isOutdated && $0.busy.isEmpty } }

  /// Returns when the pass is abandoned, or when the task is cancelled.
  func abandonment() async { for await _ in untilAbandoned {} }

  /// Keeps these from being let go of; answers with those that still are the pass's own.
  func acquire(_ ids: some Sequence<ResourceID>) -> Set<ResourceID> {
    state.withLock { state in
      let held = Set(ids).subtracting(state.gone)
      state.busy.formUnion(held)
      return held
    }
  }

  /// Ends `hold`. What a newer revision wants is let go of.
  func release(_ ids: Set<ResourceID>) {
    let (released, isAbandoned) = state.withLock { state -> (Set<ResourceID>, Bool) in
      state.busy.subtract(ids)
      guard state.isOutdated else { return ([], false) }
      let released = ids.intersection(state.scope).subtracting(state.gone)
      state.gone.formUnion(released)
      return (released, state.busy.isEmpty)
    }
    if !released.isEmpty { release(released) }
    if isAbandoned { end.finish() }
  }

  /// Ends `hold` for what the pass has settled.
  func finish(_ ids: Set<ResourceID>) {
    let isAbandoned = state.withLock { state in
      state.busy.subtract(ids)
      state.gone.formUnion(ids)
      return state.isOutdated && state.busy.isEmpty
    }
    if isAbandoned { end.finish() }
  }

  /// Holds a resource for its steps; nil when it is held, else what becomes of it, because nothing may be begun.
  func begin(_ id: ResourceID, revision: Int64) -> Executor.Result? {
    state.withLock { state in
      if let failed = state.failed { return .skipped(because: failed) }
      guard state.other == nil else { return .cancelled }
      guard state.newer == nil, !state.gone.contains(id) else {
        return .superseded(by: state.newer ?? revision)
      }
      state.busy.insert(id)
      return nil
    }
  }

  /// What becomes of a resource before its next step; nil when that may be begun.
  func end(before id: ResourceID) -> Executor.Result? {
    state.withLock { state in
      if let failed = state.failed, failed != id { return .skipped(because: failed) }
      guard state.other == nil else { return .cancelled }
      return state.newer.map { .superseded(by: $0) }
    }
  }

  func noteFailure(of id: ResourceID) {
    guard endsOnFailure else { return }
    state.withLock { $0.failed = $0.failed ?? id }
  }

  /// Why the step under way of this resource is to be given up; nil when the task is cancelled before there is a reason.
  /// - Parameter isRoutine: whether it gives way to newer revisions only.
  func cut(of id: ResourceID, isRoutine: Bool) async -> StepCall.Cause? {
    let (causes, watcher) = AsyncStream<StepCall.Cause>.makeStream()
    let known = state.withLock { state -> StepCall.Cause? in
      state.watchers[id] = watcher
      if state.cancelled.contains(id), let newer = state.newer { return .superseded(by: newer) }
      return state.givesUpFor.map { .yielded(to: $0) }
    }
    if let known, !isRoutine || !known.isYielding { return known }
    for await cause in causes where !isRoutine || !cause.isYielding { return cause }
    return nil
  }

  /// No step of this resource is under way.
  func endStep(of id: ResourceID) { state.withLock { $0.watchers[id] = nil } }
}
