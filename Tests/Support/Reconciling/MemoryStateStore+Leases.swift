package import Model
package import Reconciling
internal import Synchronization

extension MemoryStateStore {
  /// What the tokens of a write are checked against.
  struct Fence: Sendable {
    let ranges: Set<KeyRange>
    /// The oldest revision that a step starts for; nil when no step starts.
    var revision: Int64?

    init(ranges: Set<KeyRange>) { self.ranges = ranges }

    init(ids: some Sequence<ResourceID>, revision: Int64? = nil) {
      ranges = Set(ids.lazy.map { KeyRange(of: $0) })
      self.revision = revision
    }

    init(_ records: [JournalRecord]) {
      self.init(ids: records.lazy.map(\.resource), revision: records.compactMap(\.intendedRevision).min())
    }
  }

  /// Why a write of this view is outdated; nil when it is not.
  func rejection(of fence: Fence, by state: EnvironmentState?) -> StoreError? {
    guard let fencingTokens else { return nil }
    let table = state?.leases ?? LeaseTable()
    for (range, token) in fencingTokens.required(for: fence.ranges) where !table.isCurrent(token, of: range) {
      return .lost(range.number, holder: table[range].holder)
    }
    if let revision = fence.revision, let newest = state?.revisions.last?.revision.number, newest > revision {
      return .superseded(revision, by: newest)
    }
    return nil
  }

  package func fenced(by fencingTokens: FencingTokens) -> any StateStore {
    MemoryStateStore(of: self, fencingTokens: fencingTokens)
  }

  package func recordHeartbeat(_ heartbeat: ControllerHeartbeat, in environment: String)
    async throws(StoreError)
    -> LeaseStatus
  {
    let now = clock()
    let (leaseStatus, hasChanged) = try with(.lease, environment) { state in
      let before = state.leases
      let leaseStatus = state.leases.record(heartbeat, now: now)
      return (leaseStatus, state.leases.differs(from: before))
    }
    if hasChanged { notify(.leases, in: environment, from: heartbeat.replica.name) }
    return leaseStatus
  }

  package func leave(_ replica: ControllerReplica, environment: String) async throws(StoreError) {
    let now = clock()
    try with(.lease, environment) { $0.leases.leave(replica.name, now: now) }
    notify(.leases, in: environment, from: replica.name)
  }

  package func leases(of environment: String) async throws(StoreError)
    -> (table: LeaseTable, now: Timestamp)
  {
    (try with(.read, environment) { $0.leases }, clock())
  }

  // MARK: Notifications

  /// The replicas that are notified of the writes of others.
  final class Listeners: Sendable {
    typealias Handler = @Sendable (StateNotification) -> Void
    private struct State: Sendable {
      var handlers: [Int: (environment: String, replica: String, handler: Handler)] = [:]
      var count = 0
      var losesNotifications = false
    }
    private let state = Mutex(State())

    func add(_ environment: String, _ replica: String, _ handler: @escaping Handler) -> Int {
      state.withLock { state in
        state.count += 1
        state.handlers[state.count] = (environment, replica, handler)
        return state.count
      }
    }
    func remove(_ number: Int) { state.withLock { $0.handlers[number] = nil } }
    func setLosing(_ loses: Bool) { state.withLock { $0.losesNotifications = loses } }
    func notify(_ notification: StateNotification, in environment: String, from replica: String?) {
      let handlers = state.withLock { state in
        state.losesNotifications
          ? [:] : state.handlers.filter { $0.value.environment == environment && $0.value.replica != replica }
      }
      for listener in handlers.sorted(by: { $0.key < $1.key }) { listener.value.handler(notification) }
    }
  }

  /// Sets whether all notifications are lost.
  package func loseNotifications(_ areLost: Bool) { listeners.setLosing(areLost) }

  func notify(_ notification: StateNotification, in environment: String, from replica: String? = nil) {
    listeners.notify(notification, in: environment, from: replica ?? fencingTokens?.replica)
  }

  package func listen(
    in environment: String, as replica: ControllerReplica,
    _ handler: @escaping @Sendable (StateNotification) -> Void
  ) async {
    let number = listeners.add(environment, replica.name, handler)
    let (end, feed) = AsyncStream<Void>.makeStream()
    await withTaskCancellationHandler {
      for await _ in end {}
    } onCancel: {
      feed.finish()
    }
    listeners.remove(number)
  }
}
