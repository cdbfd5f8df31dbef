internal import JobStore
internal import Ledger
package import Model
package import Placement
package import Postgres

/// The tables of the kind `Scheduler`.
package struct SchedulerStore: Sendable {
  private let pool: PostgresPool

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// For how many seconds a replica counts as running after its heartbeat; it sends one every five seconds.
  private static let replicaTimeoutSeconds = 30.0

  /// - Parameters:
  ///   - name: the name of the `Scheduler`.
  ///   - nodes: names of nodes that are read although they are retired, as for `modules`.
  ///   - accounts: names of the accounts that nodes and modules need.
  package func read(
    name: String, nodes: [String], modules: [String], accounts: [String], pendingLimit: Int
  ) async throws(PostgresError) -> SchedulerObserved {
    let answers = try await pool.pipeline([
      Statement("SELECT name, settings FROM schedulers ORDER BY name"),
      Statement(SchedulerSQL.observeNodes, [.textArray(nodes)]),
      Statement(SchedulerSQL.observeModules, [.textArray(modules)]), AccountDirectory.missing(accounts),
      Statement(
        SchedulerSQL.observeReplicas,
        [.int(Int64(pendingLimit)), .double(SchedulerStore.replicaTimeoutSeconds)]),
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
    let answers = try await pool.pipeline([
      Statement(
        "INSERT INTO schedulers (name, settings) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [.text(name), .json(settings)]),
      Statement(
        "UPDATE schedulers SET settings = $2, changed_at = now() WHERE name = $1 AND settings <> $2::jsonb",
        [.text(name), .json(settings)]),
      Statement("SELECT 1 FROM schedulers WHERE name = $1", [.text(name)]),
    ])
    return !answers[2].isEmpty
  }

  package func remove(_ name: String) async throws(PostgresError) {
    try await pool.query("DELETE FROM schedulers WHERE name = $1", [.text(name)])
  }

  package func record(_ nodes: [FleetNode]) async throws(PostgresError) {
    try await pool.pipeline([
      SchedulerStore.lock(nodes.map(\.name)),
      Statement(
        SchedulerSQL.recordNodes,
        [
          .textArray(nodes.map(\.name)), .textArray(nodes.map(\.owner)),
          .textArray(nodes.map { SchedulerStore.json($0.labels) }), .intArray(nodes.map(\.gpuMemory)),
          .intArray(nodes.map { Int64($0.gpuUsed.count) }), .intArray(nodes.map(\.cores)),
          .intArray(nodes.map { Int64($0.slots) }), .intArray(nodes.map(\.memory)),
          .array(nodes.map { .bool($0.isRootless) }), .array(nodes.map { .bool($0.isCordoned) }),
          .array(nodes.map { .bool($0.isOverflow) }),
        ]),
    ])
  }

  package func record(_ modules: [FleetModule]) async throws(PostgresError) {
    let needs = modules.map(\.needs)
    try await pool.query(
      SchedulerSQL.recordModules,
      [
        .textArray(modules.map(\.name)), .textArray(modules.map(\.jobType)),
        .textArray(modules.map(\.image)), .textArray(modules.map(\.developer)),
        .intArray(needs.map { $0.gpuMemory?.bytes ?? 0 }),
        .intArray(needs.map { $0.cores?.thousandths ?? 0 }),
        .intArray(needs.map { $0.memory?.bytes ?? 0 }), .array(needs.map { .bool($0.isRootless) }),
        .textArray(needs.map { SchedulerStore.json($0.labels) }),
        .textArray(needs.map { Value.array($0.nodes.map { .string($0.name) }).json }),
        .array(modules.map { .optional($0.unitPrice) { .int($0.micro) } }), .textArray(modules.map(\.unit)),
      ])
  }

  private static func json(_ labels: [String: String]) -> String {
    Value.object(labels.mapValues(Value.string)).json
  }

  /// Locks nodes in the order of their ids, as every transaction of jobs does.
  private static func lock(_ nodes: [String]) -> Statement {
    Statement(
      "SELECT id FROM scheduler_nodes WHERE name = ANY ($1) ORDER BY id FOR UPDATE", [.textArray(nodes)])
  }

  /// Existing accounts keep their kind.
  package func openAccounts(owners: [String], developers: [String]) async throws(PostgresError) {
    let ledger = LedgerStore(pool)
    try await ledger.installTriggersIfMissing()
    try await ledger.open(owners, as: .nodeOwner)
    try await ledger.open(developers, as: .moduleDeveloper)
  }

  package func retire(nodes: [String], modules: [String]) async throws(PostgresError) {
    try await pool.pipeline([
      SchedulerStore.lock(nodes),
      Statement(
        "UPDATE scheduler_nodes SET retired_at = now() WHERE name = ANY ($1) AND retired_at IS NULL",
        [.textArray(nodes)]),
      Statement(
        "UPDATE scheduler_modules SET retired_at = now() WHERE name = ANY ($1) AND retired_at IS NULL",
        [.textArray(modules)]),
    ])
  }
}

/// The statements of `SQL/`; each file documents its parameters.
enum SchedulerSQL {
  static let observeNodes = EmbeddedSQL.text(PackageResources.observe_nodes_sql)
  static let observeModules = EmbeddedSQL.text(PackageResources.observe_modules_sql)
  static let observeReplicas = EmbeddedSQL.text(PackageResources.observe_replicas_sql)
  static let recordNodes = EmbeddedSQL.text(PackageResources.record_nodes_sql)
  static let recordModules = EmbeddedSQL.text(PackageResources.record_modules_sql)
}

extension FleetNode {
  /// Reads a row of `SchedulerSQL.observeNodes`: what the node's manifest declared.
  fileprivate init(declared row: Row) throws(PostgresError) {
    self.init(
      id: 0, name: try row.text("name"), cores: try row.int("cores"), slots: Int(try row.int("slots")),
      memory: try row.int("memory"))
    owner = try row.text("owner")
    labels = try row.json("labels").texts
    gpuMemory = try row.int("gpu_memory")
    gpuUsed = Array(repeating: 0, count: Int(try row.int("gpu_count")))
    isRootless = try row.bool("is_rootless")
    isCordoned = try row.bool("is_cordoned")
    isOverflow = try row.bool("is_overflow")
  }
}
