package import Model
package import Reconciling
internal import Synchronization

extension MemoryStateStore {
  /// What a write is about.
  struct Fence: Sendable {
    let ranges: Set<KeyRange>
    /// The oldest revision for which something is begun; nil where nothing is.
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

  /// Why a write of this view comes too late; nil when it does not.
  func refusal(of fence: Fence, by state: EnvironmentState?) -> StoreError? {
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

  package func recordHeartbeat(_ heartbeat: ControllerHeartbeat, in environment: String) async throws(StoreError)
    -> LeaseStatus
  {
    let now = clock()
    let (leaseStatus, hasChanged) = try with(.lease, environment) { state in
      let before = state.leases
      let leaseStatus = state.leases.record(heartbeat, now: now)
      return (leaseStatus, state.leases.differs(from: before))
    }
    if hasChanged { tell(.leases, in: environment, from: heartbeat.replica.name) }
    return leaseStatus
  }

  package func leave(_ replica: ControllerReplica, environment: String) async throws(StoreError) {
    let now = clock()
    try with(.lease, environment) { $0.leases.leave(replica.name, now: now) }
    tell(.leases, in: environment, from: replica.name)
  }

  package func leases(of environment: String) async throws(StoreError)
    -> (table: LeaseTable, now: Timestamp)
  {
    (try with(.read, environment) { $0.leases }, clock())
  }

  // MARK: News

  /// Who is told of what the others write.
  final class Listeners: Sendable {
    typealias Tell = @Sendable (StateNotification) -> Void
    private struct State: Sendable {
      var tells: [Int: (environment: String, replica: String, tell: Tell)] = [:]
      var count = 0
      var isDeaf = false
    }
    private let state = Mutex(State())

    func add(_ environment: String, _ replica: String, _ tell: @escaping Tell) -> Int {
      state.withLock { state in
        state.count += 1
        state.tells[state.count] = (environment, replica, tell)
        return state.count
      }
    }
    func remove(_ number: Int) { state.withLock { $0.tells[number] = nil } }
    func setDeaf(_ isDeaf: Bool) { state.withLock { $0.isDeaf = isDeaf } }
    func tell(_ news: StateNotification, in environment: String, from replica: String?) {
      let tells = state.withLock { state in
        state.isDeaf
          ? [:] : state.tells.filter { $0.value.environment == environment && $0.value.replica != replica }
      }
      for listener in tells.sorted(by: { $0.key < $1.key }) { listener.value.tell(news) }
    }
  }

  /// Whether all news are lost from now on.
  package func loseNews(_ areLost: Bool) { listeners.setDeaf(areLost) }

  func tell(_ news: StateNotification, in environment: String, from replica: String? = nil) {
    listeners.tell(news, in: environment, from: replica ?? fencingTokens?.replica)
  }

  package func listen(
    in environment: String, as replica: ControllerReplica, _ tell: @escaping @Sendable (StateNotification) -> Void
  ) async {
    let number = listeners.add(environment, replica.name, tell)
    let (end, feed) = AsyncStream<Void>.makeStream()
    await withTaskCancellationHandler {
      for await _ in end {}
    } onCancel: {
      feed.finish()
    }
    listeners.remove(number)
  }
}
