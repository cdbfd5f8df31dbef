package import Model
package import Placement
package import Postgres

/// What a `Scheduler` resource writes into the tables: its settings, and the nodes and modules as their
/// manifests declare them.
package enum Declarations {
  /// Whether an error of a statement proves that no scheduler was ever recorded.
  package static func provesAbsence(_ error: PostgresError, in pool: PostgresPool) async -> Bool {
    await error.provesAbsence(of: "schedulers", in: pool)
  }

  /// The rows of all schedulers: `name` and `settings`.
  package static let schedulers = Statement("SELECT name, settings FROM schedulers ORDER BY name")

  /// The rows of nodes for `FleetNode.init(declared:)`, with `is_retired` and `gpus_in_use`, which is the
  /// number of GPUs that the node must keep.
  /// - Parameter names: nodes that are read although they are retired, as for `modules`.
  package static func nodes(orRetired names: [String]) -> Statement {
    Statement(JobStoreSQL.declaredNodes, [.textArray(names)])
  }

  /// The rows of modules for `FleetModule.init(_:)`, with `is_retired`.
  package static func modules(orRetired names: [String]) -> Statement {
    Statement(JobStoreSQL.declaredModules, [.textArray(names)])
  }

  /// Writes the settings unless another scheduler uses the database. The last statement returns a row where
  /// they are written.
  package static func record(_ settings: Value, of name: String) -> [Statement] {
    [
      Statement(
        "INSERT INTO schedulers (name, settings) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [.text(name), .json(settings)]),
      Statement(
        "UPDATE schedulers SET settings = $2, changed_at = now() WHERE name = $1 AND settings <> $2::jsonb",
        [.text(name), .json(settings)]),
      Statement("SELECT 1 FROM schedulers WHERE name = $1", [.text(name)]),
    ]
  }

  /// Has no effect where there is no scheduler of the former name.
  package static func rename(_ former: String, to name: String) -> Statement {
    Statement(
      "UPDATE schedulers SET name = $2, changed_at = now() WHERE name = $1", [.text(former), .text(name)])
  }

  package static func remove(_ name: String) -> Statement {
    Statement("DELETE FROM schedulers WHERE name = $1", [.text(name)])
  }

  /// Writes nodes, and restores retired ones.
  package static func record(_ nodes: [FleetNode]) -> [Statement] {
    let write = Statement(
      JobStoreSQL.recordNodes,
      [
        .textArray(nodes.map(\.name)), .textArray(nodes.map(\.owner)),
        .textArray(nodes.map { json($0.labels) }), .intArray(nodes.map(\.gpuMemory)),
        .intArray(nodes.map { Int64($0.gpuUsed.count) }), .intArray(nodes.map(\.cores)),
        .intArray(nodes.map { Int64($0.slots) }), .intArray(nodes.map(\.memory)),
        .array(nodes.map { .bool($0.isRootless) }), .array(nodes.map { .bool($0.isCordoned) }),
        .array(nodes.map { .bool($0.isOverflow) }),
      ])
    return [lock(nodes.map(\.name)), write]
  }

  /// Writes modules, and restores retired ones.
  package static func record(_ modules: [FleetModule]) -> Statement {
    let needs = modules.map(\.needs)
    return Statement(
      JobStoreSQL.recordModules,
      [
        .textArray(modules.map(\.name)), .textArray(modules.map(\.jobType)),
        .textArray(modules.map(\.image)), .textArray(modules.map(\.developer)),
        .intArray(needs.map { $0.gpuMemory?.bytes ?? 0 }),
        .intArray(needs.map { $0.cores?.thousandths ?? 0 }),
        .intArray(needs.map { $0.memory?.bytes ?? 0 }), .array(needs.map { .bool($0.isRootless) }),
        .textArray(needs.map { json($0.labels) }),
        .textArray(needs.map { Value.array($0.nodes.map { .string($0.name) }).json }),
        .array(modules.map { .optional($0.unitPrice) { .int($0.micro) } }), .textArray(modules.map(\.unit)),
      ])
  }

  /// Gives nodes and modules no new jobs; the rows stay. The heartbeats of the nodes are removed: a node that
  /// is declared again counts as offline until its worker reports the containers that are there then.
  package static func retire(nodes: [String], modules: [String]) -> [Statement] {
    [
      lock(nodes),
      Statement(
        "UPDATE scheduler_nodes SET retired_at = now() WHERE name = ANY ($1) AND retired_at IS NULL",
        [.textArray(nodes)]),
      Statement(
        """
        DELETE FROM scheduler_heartbeats h USING scheduler_nodes n
        WHERE h.node = n.id AND n.name = ANY ($1::text[])
        """, [.textArray(nodes)]),
      Statement(
        "UPDATE scheduler_modules SET retired_at = now() WHERE name = ANY ($1) AND retired_at IS NULL",
        [.textArray(modules)]),
    ]
  }

  private static func json(_ labels: [String: String]) -> String {
    Value.object(labels.mapValues(Value.string)).json
  }

  /// Locks nodes in the order of their ids, as every transaction of jobs does.
  private static func lock(_ nodes: [String]) -> Statement {
    Statement(
      "SELECT id FROM scheduler_nodes WHERE name = ANY ($1) ORDER BY id FOR UPDATE", [.textArray(nodes)])
  }
}
