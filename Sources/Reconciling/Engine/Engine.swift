package import Model

/// One pass of the loop: observe, plan, execute, observe again, record. Has no timers; see `Controller` for
/// those.
package struct Engine: Sendable {
  let backends: [String: AnyBackend]
  let planner: any PlanMaking
  package private(set) var store: any StateStore
  /// Whether a step of a resource may start: not after the lease of its key range may have expired.
  private(set) var mayBegin: @Sendable (ResourceID) -> Bool = { _ in true }
  package let time: TimeSource
  /// Identifies what this controller owns in the outside systems.
  let owner: String
  let offers: OfferCache
  let ownershipRules: OwnershipRules
  /// Returns a name that no other pass of any controller has.
  let nextPassName: @Sendable () -> String
  package let gracefulStop: GracefulStop
  private(set) var progress: ProgressHandler
  let backoff = Backoff()

  package init(
    backends: [String: AnyBackend], planner: any PlanMaking, store: any StateStore, time: TimeSource,
    owner: String,
    offers: @escaping @Sendable ([AnyResource]) -> Offers, ownershipRules: OwnershipRules = OwnershipRules(),
    nextPassName: @escaping @Sendable () -> String,
    gracefulStop: GracefulStop = GracefulStop(), progress: @escaping ProgressHandler
  ) {
    self.backends = backends
    self.planner = planner
    self.store = store
    self.time = time
    self.owner = owner
    self.offers = OfferCache(offers)
    self.ownershipRules = ownershipRules
    self.nextPassName = nextPassName
    self.gracefulStop = gracefulStop
    self.progress = progress
  }

  /// The same engine for one pass of a replica that shares the environment. Writes only under the replica's
  /// tokens.
  package func bound(to tokens: FencingTokens, of keeper: LeaseKeeper) -> Engine {
    var engine = self
    engine.store = store.fenced(by: tokens)
    engine.mayBegin = { keeper.mayBegin($0, under: tokens) }
    return engine
  }

  /// The same engine with another receiver of its progress.
  package func reporting(to progress: @escaping ProgressHandler) -> Engine {
    var engine = self
    engine.progress = progress
    return engine
  }

  @Sendable func report(_ event: LoopEvent) { progress(.loop(event)) }

  /// Reports an event about the whole environment without storing it.
  func reportWarning(_ reason: EventReason, _ message: String, revision: Int64) {
    progress(.note(warning(reason, message, revision)))
  }

  /// Reports an event about the whole environment, and stores it if the store answers.
  func recordWarning(_ reason: EventReason, _ message: String, _ revision: Int64, in environment: String)
    async
  {
    await record([warning(reason, message, revision)], in: environment)
  }

  /// Reports events, and stores them if the store answers.
  func record(_ events: [Event], in environment: String) async {
    guard let first = events.first else { return }
    for event in events { progress(.note(event)) }
    var changes = StatusChanges(revision: first.revision)
    changes.events = events
    do throws(StoreError) { try await store.save(changes, in: environment) } catch {}
  }

  private func warning(_ reason: EventReason, _ message: String, _ revision: Int64) -> Event {
    Event(at: time.now(), id: nil, isWarning: true, reason: reason, message: message, revision: revision)
  }
}
