internal import Model
internal import Postgres

extension SchedulerStore {
  /// `gpu_used` has a number for each GPU; the last one above 0 tells how many the node cannot do without.
  static let nodeRows = """
    SELECT name, owner, labels, gpu_memory, cardinality(gpu_used), cores, slots, memory, is_rootless, is_cordoned, is_overflow,
      retired_at IS NOT NULL,
      coalesce((SELECT max(place) FROM unnest(gpu_used) WITH ORDINALITY AS used (bytes, place) WHERE bytes > 0), 0)
    FROM scheduler_nodes WHERE retired_at IS NULL OR name = ANY ($1)
    """

  static let moduleRows = """
    SELECT name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels, to_json(nodes), price_micro, unit,
      retired_at IS NOT NULL
    FROM scheduler_modules WHERE retired_at IS NULL OR name = ANY ($1)
    """

  static let sighting = """
    SELECT (SELECT count(*) FROM scheduler_replicas WHERE seen_at > now() - make_interval(secs => $2)),
      (SELECT count(*) FROM (SELECT 1 FROM pending_jobs LIMIT $1) AS waiting)
    """

  static let lockNodes = "SELECT id FROM scheduler_nodes WHERE name = ANY ($1) ORDER BY id FOR UPDATE"

  /// GPUs that a node has no more go from the end, but none that is in use.
  static let upsertNodes = """
    INSERT INTO scheduler_nodes AS node (name, owner, labels, gpu_memory, gpu_used, cores, slots, memory, is_rootless,
      is_cordoned, is_overflow)
    SELECT name, owner, labels::jsonb, gpu_memory, array_fill(0::bigint, ARRAY[gpu_count::int]), cores, slots::int, memory,
      is_rootless, is_cordoned, is_overflow
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[],
        $9::bool[], $10::bool[], $11::bool[])
      AS told (name, owner, labels, gpu_memory, gpu_count, cores, slots, memory, is_rootless, is_cordoned, is_overflow)
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, labels = excluded.labels, gpu_memory = excluded.gpu_memory,
      gpu_used = CASE
        WHEN cardinality(excluded.gpu_used) >= cardinality(node.gpu_used)
          THEN node.gpu_used || excluded.gpu_used[cardinality(node.gpu_used) + 1:]
        ELSE node.gpu_used[:greatest(cardinality(excluded.gpu_used), (
          SELECT coalesce(max(place), 0)::int FROM unnest(node.gpu_used) WITH ORDINALITY AS used (bytes, place)
          WHERE bytes > 0))]
        END,
      cores = excluded.cores, slots = excluded.slots, memory = excluded.memory, is_rootless = excluded.is_rootless,
      is_cordoned = excluded.is_cordoned, is_overflow = excluded.is_overflow, retired_at = NULL
    """

  static let upsertModules = """
    INSERT INTO scheduler_modules (name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels, nodes,
      price_micro, unit)
    SELECT name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels::jsonb,
      ARRAY(SELECT jsonb_array_elements_text(nodes::jsonb)), price, unit
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bool[],
        $9::text[], $10::text[], $11::bigint[], $12::text[])
      AS told (name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels, nodes, price, unit)
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET job_type = excluded.job_type, image = excluded.image, developer = excluded.developer,
      gpu_memory = excluded.gpu_memory, cores = excluded.cores, memory = excluded.memory,
      is_rootless = excluded.is_rootless, labels = excluded.labels, nodes = excluded.nodes,
      price_micro = excluded.price_micro, unit = excluded.unit, retired_at = NULL
    """

  static func node(_ row: Row) throws(PostgresError) -> SchedulerObserved.Known<SchedulerNode> {
    SchedulerObserved.Known(
      SchedulerNode(
        name: try row.text(0), owner: try row.text(1), labels: texts(try row.json(2)),
        gpuMemory: try row.int(3), gpuCount: Int(try row.int(4)), cores: try row.int(5),
        slots: Int(try row.int(6)), memory: try row.int(7), isRootless: try row.bool(8),
        isCordoned: try row.bool(9), isOverflow: try row.bool(10)),
      isRetired: try row.bool(11), fewestGPUs: Int(try row.int(12)))
  }

  static func module(_ row: Row) throws(PostgresError) -> SchedulerObserved.Known<SchedulerModule> {
    var nodes: [String] = []
    if case .array(let items) = try row.json(9) { nodes = items.map(\.plainText) }
    return SchedulerObserved.Known(
      SchedulerModule(
        name: try row.text(0), jobType: try row.text(1), image: try row.text(2), developer: try row.text(3),
        gpuMemory: try row.int(4), cores: try row.int(5), memory: try row.int(6),
        isRootless: try row.bool(7), labels: texts(try row.json(8)), nodes: nodes,
        price: try row.optionalInt(10), unit: try row.text(11)), isRetired: try row.bool(12))
  }

  private static func texts(_ value: Value) -> [String: String] {
    guard case .object(let members) = value else { return [:] }
    return Dictionary(members.map { ($0.key, $0.value.plainText) }, uniquingKeysWith: { first, _ in first })
  }
}
