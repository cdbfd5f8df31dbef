package import Model
package import Reconciling

/// The state in memory, with faults that a test injects. Passes the same contract as the store in PostgreSQL.
package final class MemoryStateStore: StateStore {
  /// The sorts of calls, so that a test can make some of them fail.
  package enum Call: Hashable, Sendable, CaseIterable {
    case record, read, claim, append, save, lease
  }

  struct State: Sendable {
    var environments: [String: EnvironmentState] = [:]
    /// Of all environments.
    var ownership = Ownership()
    var failing: [Call: Int] = [:]
    var calls: [Call: Int] = [:]
  }

  struct EnvironmentState: Sendable {
    var revisions: [(revision: Revision, desired: DesiredState)] = []
    var inventory: [ResourceID: InventoryEntry] = [:]
    var statuses: [ResourceID: ResourceStatus] = [:]
    var journal: [JournalEntry] = []
    var positions: [StepID: Int] = [:]
    var events: [Event] = []
    var leases = LeaseTable()
    /// The range and the token under which each step started.
    var tokens: [StepID: (range: KeyRange, token: Int64)] = [:]
    var audit: [AuditEntry] = []
    /// In force, by digest.
    var quarantines: [Digest: Quarantine] = [:]
    var atomicApply: AtomicApply?
    var pendingRemovals: [PendingRemoval] = []
  }

  package let name: String
  let state: Watched<State>
  /// The store's clock, by which leases expire.
  let clock: @Sendable () -> Timestamp
  let listeners: Listeners
  /// The tokens that writes of this view require to be current; nil for none.
  let fencingTokens: FencingTokens?

  /// - Parameter clock: The store's clock; nil for one that does not move, so that no lease expires.
  package init(name: String = "memory", clock: (@Sendable () -> Timestamp)? = nil) {
    self.name = name
    self.clock = clock ?? { Timestamp(seconds: 0) }
    state = Watched(State())
    listeners = Listeners()
    fencingTokens = nil
  }

  init(of store: MemoryStateStore, fencingTokens: FencingTokens) {
    (name, state, clock, listeners) = (store.name, store.state, store.clock, store.listeners)
    self.fencingTokens = fencingTokens
  }

  /// The next calls of this sort fail.
  package func fail(_ call: Call, times: Int = 1) { state.change { $0.failing[call] = times } }
  package func callCount(_ call: Call) -> Int { state.value.calls[call] ?? 0 }

  /// - Parameter fence: What an outdated write is rejected by; nil for a call that is no write.
  func with<Output: Sendable>(
    _ call: Call, _ environment: String, fence: Fence? = nil, _ body: (inout EnvironmentState) -> Output
  ) throws(StoreError) -> Output {
    try withOwnership(call, environment, fence: fence) { state, _ in body(&state) }
  }

  func withOwnership<Output: Sendable>(
    _ call: Call, _ environment: String, fence: Fence? = nil,
    _ body: (inout EnvironmentState, inout Ownership) -> Output
  ) throws(StoreError) -> Output {
    let output = state.change { state -> Result<Output, StoreError> in
      state.calls[call, default: 0] += 1
      if let left = state.failing[call], left > 0 {
        state.failing[call] = left - 1
        return .failure(StoreError(code: "memory.failed", "the memory store was set to fail"))
      }
      if let fence, let error = rejection(of: fence, by: state.environments[environment]) {
        return .failure(error)
      }
      return .success(
        body(&state.environments[environment, default: EnvironmentState()], &state.ownership))
    }
    return try output.get()
  }

  package func latestRevision(of environment: String) async throws(StoreError) -> Revision? {
    try with(.read, environment) { $0.revisions.last?.revision }
  }

  package func revisions(of environment: String, limit: Int) async throws(StoreError) -> [Revision] {
    try with(.read, environment) { Array($0.revisions.map(\.revision).reversed().prefix(limit)) }
  }

  package func desiredState(of environment: String, at revision: Int64) async throws(StoreError)
    -> DesiredState?
  {
    try with(.read, environment) { state in
      state.revisions.first { $0.revision.number == revision }?.desired
    }
  }

  package func record(
    _ desired: DesiredState, for manifests: Digest?, by authorship: Authorship, at time: Timestamp
  ) async throws(StoreError) -> Revision {
    let revision = try with(.record, desired.environment, fence: Fence(ranges: [.first])) { state in
      if let latest = state.revisions.last?.revision, latest.manifestDigest == desired.digest {
        guard latest.interimFor != nil, manifests == nil else { return latest }
        state.revisions[state.revisions.count - 1].revision = latest.settled
        state.pendingRemovals = []
        return latest.settled
      }
      let revision = Revision(
        number: Int64(state.revisions.count + 1), environment: desired.environment,
        manifestDigest: desired.digest, createdAt: time, actor: authorship.actor, commit: authorship.commit,
        message: authorship.message, interimFor: manifests)
      state.noteRevision(revision.number, desired, by: authorship, at: time)
      state.revisions.append((revision, desired))
      if manifests == nil { state.pendingRemovals = [] }
      return revision
    }
    notify(.revision, in: desired.environment)
    return revision
  }

  package func inventory(of environment: String, knowing desired: [AnyResource]) async throws(StoreError)
    -> [ResourceID: InventoryEntry]
  {
    try with(.read, environment) { $0.inventory }
  }

  package func inventory(of environment: String, ids: Set<ResourceID>, knowing desired: DesiredState)
    async throws(StoreError) -> [ResourceID: InventoryEntry]
  {
    try with(.read, environment) { state in state.inventory.filter { ids.contains($0.key) } }
  }

  package func append(_ records: [JournalRecord], in environment: String) async throws(StoreError) {
    // Lets other tasks run meanwhile, as a real store does, so that group commit has records to gather.
    await Task.yield()
    try with(.append, environment, fence: Fence(records)) { state in
      for record in records {
        switch record {
        case .intent(let intent):
          state.tokens[intent.step] = fencingTokens.flatMap { $0.required(for: [intent.step.resource]).first }
          state.positions[intent.step] = state.journal.count
          state.journal.append(JournalEntry(intent: intent, outcome: nil, finishedAt: nil))
        case .outcome(let step, let outcome, let time):
          guard let position = state.positions[step] else { continue }
          state.note(outcome, of: state.journal[position], at: time)
          state.journal[position] = JournalEntry(
            intent: state.journal[position].intent, outcome: outcome, finishedAt: time)
        }
      }
    }
  }

  package func closeOpenIntents(in environment: String, at time: Timestamp) async throws(StoreError)
    -> [ResourceID]
  {
    try with(.append, environment) { state in
      var closed: Set<ResourceID> = []
      for index in state.journal.indices where state.journal[index].outcome == nil {
        let intent = state.journal[index].intent
        if let (range, token) = state.tokens[intent.step], state.leases.isCurrent(token, of: range) {
          continue
        }
        state.note(.interrupted, of: state.journal[index], at: time)
        state.journal[index] = JournalEntry(intent: intent, outcome: .interrupted, finishedAt: time)
        closed.insert(intent.step.resource)
      }
      return closed.sorted()
    }
  }

  package func unsettled(
    _ ids: Set<ResourceID>, in environment: String, during span: ClosedRange<Timestamp>, countingDone: Bool
  ) async throws(StoreError) -> Set<ResourceID> {
    try with(.read, environment) { state in
      var unsettled: Set<ResourceID> = []
      var done: Set<ResourceID> = []
      for entry in state.journal where ids.contains(entry.intent.step.resource) {
        let id = entry.intent.step.resource
        if entry.outcome == .done, entry.intent.action == .delete {
          done.remove(id)
        } else if entry.finishedAt.map({ span.contains($0) }) == true {
          if entry.outcome?.effect == .uncertain { unsettled.insert(id) }
          done.insert(id)
        }
      }
      return countingDone ? unsettled.union(done) : unsettled
    }
  }

  package func save(_ changes: StatusChanges, in environment: String) async throws(StoreError) {
    try withOwnership(.save, environment, fence: Fence(ids: changes.ids)) { state, ownership in
      for resource in changes.applied {
        state.inventory[resource.id] = InventoryEntry(
          id: resource.id, digest: resource.digest, resource: resource)
      }
      for status in changes.statuses { state.statuses[status.id] = status }
      for (id, identity) in changes.identities where state.inventory[id] != nil {
        ownership.identities[environment, default: [:]][id] = identity
      }
      for id in changes.removed {
        ownership.identities[environment]?[id] = nil
        state.inventory[id] = nil
        state.statuses[id] = nil
      }
      state.events.append(contentsOf: changes.events)
      ownership.settle(changes, in: environment)
    }
    if let notification = changes.notification { notify(notification, in: environment) }
  }

  package func statuses(of environment: String) async throws(StoreError) -> [ResourceID: ResourceStatus] {
    try with(.read, environment) { $0.statuses }
  }

  package func statuses(of environment: String, ids: Set<ResourceID>) async throws(StoreError)
    -> [ResourceID: ResourceStatus]
  {
    try with(.read, environment) { state in state.statuses.filter { ids.contains($0.key) } }
  }

  package func strayStatuses(of environment: String) async throws(StoreError) -> Set<ResourceID> {
    try with(.read, environment) { Set($0.statuses.keys).subtracting($0.inventory.keys) }
  }

  package func events(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [Event]
  {
    try with(.read, environment) { state in
      Array(state.events.reversed().lazy.filter { id == nil || $0.id == id }.prefix(limit))
    }
  }

  package func journal(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError)
    -> [JournalEntry]
  {
    try with(.read, environment) { state in
      Array(state.journal.reversed().lazy.filter { id == nil || $0.intent.step.resource == id }.prefix(limit))
    }
  }
}
