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
    var watchers: [ResourceID: AsyncStream<Int64>.Continuation] = [:]
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
    for watcher in watchers { watcher.yield(revision) }
    if !released.isEmpty { release(released) }
    if isAbandoned { end.finish() }
  }

  /// The newest revision that is known to replace the one of this pass; nil while there is none.
  package var newerRevision: Int64? { state.withLock { $0.newer } }

  /// Whether the pass has nothing left to do because of a newer revision.
  package var isAbandoned: Bool { state.withLock { $0.newer != nil && $0.busy.isEmpty } }

  /// Returns when the pass is abandoned, or when the task is cancelled.
  func abandonment() async { for await _ in untilAbandoned {} }

  /// Keeps these from being let go of; answers with those that still are the pass's own.
  func hold(_ ids: some Sequence<ResourceID>) -> Set<ResourceID> {
    state.withLock { state in
      let held = Set(ids).subtracting(state.gone)
      state.busy.formUnion(held)
      return held
    }
  }

  /// Ends `hold`. What a newer revision wants is let go of.
  func letGo(_ ids: Set<ResourceID>) {
    let (released, isAbandoned) = state.withLock { state -> (Set<ResourceID>, Bool) in
      state.busy.subtract(ids)
      guard state.newer != nil else { return ([], false) }
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
      return state.newer != nil && state.busy.isEmpty
    }
    if isAbandoned { end.finish() }
  }

  /// Holds a resource for its steps; nil when it is held, else what becomes of it, because nothing may be begun.
  func begin(_ id: ResourceID, revision: Int64) -> Executor.Result? {
    state.withLock { state in
      if let failed = state.failed { return .skipped(because: failed) }
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
      return state.newer.map { .superseded(by: $0) }
    }
  }

  func noteFailure(of id: ResourceID) {
    guard endsOnFailure else { return }
    state.withLock { $0.failed = $0.failed ?? id }
  }

  /// The revision for which the step under way of this resource is to be given up; nil when the task is cancelled
  /// before there is one.
  func supersession(of id: ResourceID) async -> Int64? {
    let (revisions, watcher) = AsyncStream<Int64>.makeStream()
    let known = state.withLock { state -> Int64? in
      state.watchers[id] = watcher
      return state.cancelled.contains(id) ? state.newer : nil
    }
    if let known { return known }
    for await revision in revisions { return revision }
    return nil
  }

  /// No step of this resource is under way.
  func endStep(of id: ResourceID) { state.withLock { $0.watchers[id] = nil } }
}
