internal import JobStore
internal import Ledger
package import Model
package import Placement
package import Postgres

/// The tables of the kind `Scheduler`.
package struct SchedulerStore: Sendable {
  private let pool: PostgresPool

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// Whether an error of a statement proves that no scheduler was ever recorded.
  func provesAbsence(_ error: PostgresError) async -> Bool {
    await Declarations.provesAbsence(error, in: pool)
  }

  /// - Parameters:
  ///   - name: the name of the `Scheduler`.
  ///   - nodes: names of nodes that are read although they are retired, as for `modules`.
  ///   - accounts: names of the accounts that nodes and modules need.
  package func read(
    name: String, nodes: [String], modules: [String], accounts: [String], pendingLimit: Int
  ) async throws(PostgresError) -> SchedulerObserved {
    let answers = try await pool.pipeline([
      Declarations.schedulers, Declarations.nodes(orRetired: nodes), Declarations.modules(orRetired: modules),
      AccountDirectory.missing(accounts), PendingJobs.countWithReplicas(limit: pendingLimit),
    ])
    var observed = SchedulerObserved()
    for row in answers[0] {
      let found = try row.text("name")
      if found == name {
        observed.settings = RecordedSettings(try row.json("settings"))
      } else {
        observed.other = found
      }
    }
    for row in answers[1] {
      let node = try FleetNode(declared: row)
      observed.nodes[node.name] = SchedulerObserved.Recorded(
        node, isRetired: try row.bool("is_retired"), gpusInUse: Int(try row.int("gpus_in_use")))
    }
    for row in answers[2] {
      let module = try FleetModule(row)
      observed.modules[module.name] = SchedulerObserved.Recorded(
        module, isRetired: try row.bool("is_retired"))
    }
    for row in answers[3] { observed.missingAccounts.insert(try row.text("name")) }
    let replicas = try answers[4].only()
    observed.replicas = ReplicaStatus(
      running: Int(try replicas.int("running")), pendingJobs: Int(try replicas.int("pending")))
    return observed
  }

  /// - Returns: false where another `Scheduler` has the database; then nothing changes.
  package func record(_ settings: Value, of name: String) async throws(PostgresError) -> Bool {
    !(try await pool.pipeline(Declarations.record(settings, of: name))[2].isEmpty)
  }

  package func rename(_ former: String, to name: String) async throws(PostgresError) {
    try await pool.pipeline([Declarations.rename(former, to: name)])
  }

  package func remove(_ name: String) async throws(PostgresError) {
    try await pool.pipeline([Declarations.remove(name)])
  }

  package func record(_ nodes: [FleetNode]) async throws(PostgresError) {
    try await pool.pipeline(Declarations.record(nodes))
  }

  package func record(_ modules: [FleetModule]) async throws(PostgresError) {
    try await pool.pipeline([Declarations.record(modules)])
  }

  /// Existing accounts keep their kind.
  package func openAccounts(owners: [String], developers: [String]) async throws(PostgresError) {
    let ledger = LedgerStore(pool)
    try await ledger.installTriggersIfMissing()
    try await ledger.open(owners, as: .nodeOwner)
    try await ledger.open(developers, as: .moduleDeveloper)
  }

  package func retire(nodes: [String], modules: [String]) async throws(PostgresError) {
    try await pool.pipeline(Declarations.retire(nodes: nodes, modules: modules))
  }
}
