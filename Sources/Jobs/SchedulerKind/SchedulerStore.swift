internal import Ledger
package import Model
package import Postgres

/// What the kind `Scheduler` reads and writes in a database.
package struct SchedulerStore: Sendable {
  private let pool: PostgresPool

  package init(_ pool: PostgresPool) { self.pool = pool }

  /// What is known there; nil where the scheduler of this name has told nothing and nobody asks for it.
  /// - Parameters:
  ///   - nodes: names whose retired rows count too, as for `modules`.
  ///   - accounts: names that nodes and modules need.
  package func read(
    name: String, nodes: [String], modules: [String], accounts: [String], pendingLimit: Int
  ) async throws(PostgresError) -> SchedulerObserved {
    let answers = try await pool.pipeline([
      Statement("SELECT name, settings FROM schedulers ORDER BY name"),
      Statement(SchedulerStore.nodeRows, [.textArray(nodes)]),
      Statement(SchedulerStore.moduleRows, [.textArray(modules)]),
      Statement(
        "SELECT x FROM unnest($1::text[]) x WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE name = x)",
        [.textArray(accounts)]),
      Statement(
        SchedulerStore.sighting, [.int(Int64(pendingLimit)), .double(SchedulerStore.signOfLifeSeconds)]),
    ])
    var observed = SchedulerObserved()
    for row in answers[0] {
      if try row.text(0) == name {
        observed.settings = RecordedSettings(try row.json(1))
      } else {
        observed.other = try row.text(0)
      }
    }
    for row in answers[1] {
      let node = try SchedulerStore.node(row)
      observed.nodes[node.entry.name] = node
    }
    for row in answers[2] {
      let module = try SchedulerStore.module(row)
      observed.modules[module.entry.name] = module
    }
    for row in answers[3] { observed.missingAccounts.insert(try row.text(0)) }
    let sighting = try answers[4].only()
    observed.replicas = ReplicaSighting(
      alive: Int(try sighting.int(0)), pendingJobs: Int(try sighting.int(1)))
    return observed
  }

  /// False: another scheduler has the database.
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
    _ = try await pool.query("DELETE FROM schedulers WHERE name = $1", [.text(name)])
  }

  /// Rows are locked by their ids before they are changed, as whoever claims them does.
  package func tell(_ nodes: [SchedulerNode]) async throws(PostgresError) {
    func column<V>(_ value: (SchedulerNode) -> V, _ make: ([V]) -> SQLValue) -> SQLValue {
      make(nodes.map(value))
    }
    _ = try await pool.pipeline([
      Statement(SchedulerStore.lockNodes, [column(\.name, SQLValue.textArray)]),
      Statement(
        SchedulerStore.upsertNodes,
        [
          column(\.name, SQLValue.textArray), column(\.owner, SQLValue.textArray),
          column({ Value.object($0.labels.mapValues(Value.string)).json }, SQLValue.textArray),
          column(\.gpuMemory, SQLValue.intArray), column({ Int64($0.gpuCount) }, SQLValue.intArray),
          column(\.cores, SQLValue.intArray), column({ Int64($0.slots) }, SQLValue.intArray),
          column(\.memory, SQLValue.intArray),
          column({ SQLValue.bool($0.isRootless) }, SQLValue.array),
          column({ SQLValue.bool($0.isCordoned) }, SQLValue.array),
          column({ SQLValue.bool($0.isOverflow) }, SQLValue.array),
        ]),
    ])
  }

  package func tell(_ modules: [SchedulerModule]) async throws(PostgresError) {
    func column<V>(_ value: (SchedulerModule) -> V, _ make: ([V]) -> SQLValue) -> SQLValue {
      make(modules.map(value))
    }
    _ = try await pool.query(
      SchedulerStore.upsertModules,
      [
        column(\.name, SQLValue.textArray), column(\.jobType, SQLValue.textArray),
        column(\.image, SQLValue.textArray), column(\.developer, SQLValue.textArray),
        column(\.gpuMemory, SQLValue.intArray), column(\.cores, SQLValue.intArray),
        column(\.memory, SQLValue.intArray), column({ SQLValue.bool($0.isRootless) }, SQLValue.array),
        column({ Value.object($0.labels.mapValues(Value.string)).json }, SQLValue.textArray),
        column({ Value.array($0.nodes.map(Value.string)).json }, SQLValue.textArray),
        column({ SQLValue.optional($0.price, SQLValue.int) }, SQLValue.array),
        column(\.unit, SQLValue.textArray),
      ])
  }

  /// Accounts that are there keep their kind. An account's chain begins in a trigger of the books: they are guarded first
  /// where no `Ledger` has done it yet, in whatever order the two are made.
  package func openAccounts(owners: [String], developers: [String]) async throws(PostgresError) {
    let books = LedgerStore(pool)
    let triggers = try await pool.query(
      "SELECT 1 FROM pg_trigger WHERE tgrelid = 'accounts'::regclass AND NOT tgisinternal LIMIT 1")
    if triggers.isEmpty { try await books.guardBooks() }
    try await books.open(owners, as: .nodeOwner)
    try await books.open(developers, as: .moduleDeveloper)
  }

  package func retire(nodes: [String], modules: [String]) async throws(PostgresError) {
    _ = try await pool.pipeline([
      Statement(SchedulerStore.lockNodes, [.textArray(nodes)]),
      Statement(
        "UPDATE scheduler_nodes SET retired_at = now() WHERE name = ANY ($1) AND retired_at IS NULL",
        [.textArray(nodes)]),
      Statement(
        "UPDATE scheduler_modules SET retired_at = now() WHERE name = ANY ($1) AND retired_at IS NULL",
        [.textArray(modules)]),
    ])
  }

  /// Replicas say every few seconds that they live.
  package static let signOfLifeSeconds = 30.0
}
