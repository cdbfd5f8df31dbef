import Model
import RandomSupport
import Reconciling
import ReconcilingSupport
import Synchronization

/// The state store as one process reaches it: shared memory, and calls that may fail before or after the
/// commit of their transaction.
struct SimulatedStore: StateStore {
  let world: World
  /// The name of the process.
  let client: String
  let inner: any StateStore

  init(_ world: World, client: String) { self.init(world, client, over: world.store) }

  init(_ world: World, _ client: String, over inner: any StateStore) {
    self.world = world
    self.client = client
    self.inner = inner
  }

  func perform<Output: Sendable>(
    _ what: String, isWrite: Bool = true, _ body: () async throws(StoreError) -> Output
  ) async throws(StoreError) -> Output {
    guard !world.scheduler.isOver else { throw StoreError(code: "simulated.over", "the world has ended") }
    if world.callRandom.percent(30) { try? await world.time.sleep(Int64(world.callRandom.int(0...20_000))) }
    let fault = world.faults.fault(at: "store", .failsBefore, .failsAfter, .hangs)
    if let fault { world.trace.record(client, "store \(what) ✗ \(fault)") }
    if let fault, fault.effect == .hangs {
      while world.faults.isActive(fault), (try? await world.time.sleep(1_000_000)) != nil {}
    }
    if let fault, fault.effect != .failsAfter { throw SimulatedStore.error(fault, what) }
    let output = try await body()
    if isWrite { world.trace.record(client, "store \(what)") }
    if world.callRandom.percent(30) { try? await world.time.sleep(Int64(world.callRandom.int(0...20_000))) }
    if let fault { throw SimulatedStore.error(fault, what) }
    return output
  }

  private static func error(_ fault: Fault, _ what: String) -> StoreError {
    StoreError(code: "simulated.store", "\(fault.mark): the state store did not answer: \(what)")
  }

  func latestRevision(of environment: String) async throws(StoreError) -> Revision? {
    try await perform("latest revision", isWrite: false) { () async throws(StoreError) in
      try await inner.latestRevision(of: environment)
    }
  }

  func revisions(of environment: String, limit: Int) async throws(StoreError) -> [Revision] {
    try await perform("revisions", isWrite: false) { () async throws(StoreError) in
      try await inner.revisions(of: environment, limit: limit)
    }
  }

  func desiredState(of environment: String, at revision: Int64) async throws(StoreError)
    -> DesiredState?
  {
    try await perform("desired state", isWrite: false) { () async throws(StoreError) in
      try await inner.desiredState(of: environment, at: revision)
    }
  }

  func record(
    _ desired: DesiredState, for manifests: Digest?, by authorship: Authorship, at time: Timestamp
  ) async throws(StoreError) -> Revision {
    let revision = try await perform("revision") { () async throws(StoreError) in
      try await inner.record(desired, for: manifests, by: authorship, at: time)
    }
    world.trace.record(client, "works on revision \(revision.number)")
    return revision
  }

  func inventory(of environment: String, knowing desired: [AnyResource]) async throws(StoreError)
    -> [ResourceID: InventoryEntry]
  {
    try await perform("inventory", isWrite: false) { () async throws(StoreError) in
      try await inner.inventory(of: environment, knowing: desired)
    }
  }

  func inventory(of environment: String, ids: Set<ResourceID>, knowing desired: DesiredState)
    async throws(StoreError) -> [ResourceID: InventoryEntry]
  {
    try await perform("inventory", isWrite: false) { () async throws(StoreError) in
      try await inner.inventory(of: environment, ids: ids, knowing: desired)
    }
  }

  func ownership() async throws(StoreError) -> Ownership {
    try await perform("ownership", isWrite: false) { () async throws(StoreError) in
      try await inner.ownership()
    }
  }

  func claim(_ request: ClaimRequest, in environment: String, revision: Int64) async throws(StoreError) {
    let names = request.resources.map(\.id.description).sorted().joined(separator: " ")
    try await perform("claim \(names)") { () async throws(StoreError) in
      try await inner.claim(request, in: environment, revision: revision)
    }
  }

  func disclaim(_ ids: [ResourceID], in environment: String, revision: Int64, at time: Timestamp)
    async throws(StoreError)
  {
    let names = ids.map(\.description).sorted().joined(separator: " ")
    try await perform("disclaim \(names)") { () async throws(StoreError) in
      try await inner.disclaim(ids, in: environment, revision: revision, at: time)
    }
  }

  func append(_ records: [JournalRecord], in environment: String) async throws(StoreError) {
    let texts = records.map { record in
      switch record {
      case .intent(let intent): "→ \(intent.step.resource) \(intent.summary)"
      case .outcome(let step, let outcome, _): "← \(step.resource) \(outcome.word)"
      }
    }
    try await perform("journal \(texts.joined(separator: " | "))") { () async throws(StoreError) in
      try await inner.append(records, in: environment)
    }
  }

  func closeOpenIntents(in environment: String, at time: Timestamp) async throws(StoreError)
    -> [ResourceID]
  {
    try await perform("close intents") { () async throws(StoreError) in
      try await inner.closeOpenIntents(in: environment, at: time)
    }
  }

  func unsettled(
    _ ids: Set<ResourceID>, in environment: String, during span: ClosedRange<Timestamp>, countingDone: Bool
  ) async throws(StoreError) -> Set<ResourceID> {
    try await perform("unsettled", isWrite: false) { () async throws(StoreError) in
      try await inner.unsettled(ids, in: environment, during: span, countingDone: countingDone)
    }
  }

  func save(_ changes: StatusChanges, in environment: String) async throws(StoreError) {
    var texts = changes.statuses.map { status in
      let condition = status.conditions.first { $0.status }
      return "\(status.id) \(condition?.type.rawValue ?? "?") \(condition?.reason.rawValue ?? "")"
    }
    texts += changes.applied.map { "\($0.id) applied" }
    texts += changes.removed.map { "\($0) removed" }
    texts += changes.events.map { "event \($0.reason.rawValue) \($0.id?.description ?? "")" }
    try await perform("save \(texts.joined(separator: " | "))") { () async throws(StoreError) in
      await checkLedgers(changes, in: environment)
      try await inner.save(changes, in: environment)
    }
  }

  /// A ledger that had entries is never taken for another one, unless an operator accepts its loss.
  private func checkLedgers(_ changes: StatusChanges, in environment: String) async {
    guard !changes.identities.isEmpty, !world.acceptsLoss.withLock({ $0 }) else { return }
    let recorded = (try? await world.store.ownership().identities[environment]) ?? [:]
    for (id, identity) in changes.identities {
      guard let former = recorded[id], former.head != nil, former.id != identity.id else { continue }
      world.invariants.violate("\(id) had entries in \(former.id) and is recorded as \(identity.id)")
    }
  }

  func statuses(of environment: String) async throws(StoreError) -> [ResourceID: ResourceStatus] {
    try await perform("statuses", isWrite: false) { () async throws(StoreError) in
      try await inner.statuses(of: environment)
    }
  }

  func statuses(of environment: String, ids: Set<ResourceID>) async throws(StoreError)
    -> [ResourceID: ResourceStatus]
  {
    try await perform("statuses", isWrite: false) { () async throws(StoreError) in
      try await inner.statuses(of: environment, ids: ids)
    }
  }

  func strayStatuses(of environment: String) async throws(StoreError) -> Set<ResourceID> {
    try await perform("stray statuses", isWrite: false) { () async throws(StoreError) in
      try await inner.strayStatuses(of: environment)
    }
  }

  func events(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [Event] {
    try await perform("events", isWrite: false) { () async throws(StoreError) in
      try await inner.events(of: environment, id: id, limit: limit)
    }
  }

  func journal(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError)
    -> [JournalEntry]
  {
    try await perform("journal", isWrite: false) { () async throws(StoreError) in
      try await inner.journal(of: environment, id: id, limit: limit)
    }
  }

  func quarantines(of environment: String) async throws(StoreError) -> [Quarantine] {
    try await perform("quarantines", isWrite: false) { () async throws(StoreError) in
      try await inner.quarantines(of: environment)
    }
  }

  func quarantine(_ entries: [Quarantine], in environment: String) async throws(StoreError) {
    try await perform("quarantine \(entries.map(\.revision))") { () async throws(StoreError) in
      try await inner.quarantine(entries, in: environment)
    }
  }

  func liftQuarantine(of digest: Digest, in environment: String, by actor: String, at time: Timestamp)
    async throws(StoreError) -> Quarantine?
  {
    try await perform("lift a quarantine") { () async throws(StoreError) in
      try await inner.liftQuarantine(of: digest, in: environment, by: actor, at: time)
    }
  }

  func atomicApply(of environment: String) async throws(StoreError) -> AtomicApply? {
    try await perform("atomic apply", isWrite: false) { () async throws(StoreError) in
      try await inner.atomicApply(of: environment)
    }
  }

  func pendingRemovals(of environment: String) async throws(StoreError) -> [PendingRemoval] {
    try await perform("pending removals", isWrite: false) { () async throws(StoreError) in
      try await inner.pendingRemovals(of: environment)
    }
  }

  func setPendingRemovals(_ removals: [PendingRemoval], in environment: String) async throws(StoreError) {
    let names = removals.map(\.id.description).joined(separator: " ")
    try await perform("pending removals \(names)") { () async throws(StoreError) in
      try await inner.setPendingRemovals(removals, in: environment)
    }
  }

  func setAtomicApply(_ apply: AtomicApply?, in environment: String) async throws(StoreError) {
    try await perform("set atomic apply") { () async throws(StoreError) in
      try await inner.setAtomicApply(apply, in: environment)
    }
  }
}
