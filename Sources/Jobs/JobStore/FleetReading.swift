import JobModel
import Model
import Placement
import Postgres

/// From rows to values.
extension FleetNode {
  /// What a claim needs to know of a node, and its name; for `init(room:)`.
  static let roomColumns = """
    n.id, n.name, n.gpu_memory, n.gpu_used, n.cores, n.cores_used, n.slots, n.slots_used, n.memory,
    n.is_cordoned OR n.is_held OR n.retired_at IS NOT NULL, n.owner,
    (n.earned_micro * power(0.5, least(greatest(extract(epoch FROM now() - n.earned_at), 0) / 3600, 60)))::bigint
    """

  init(room row: Row) throws(PostgresError) {
    self.init(
      id: try row.int(0), name: try row.text(1), cores: try row.int(4), slots: Int(try row.int(6)),
      memory: try row.int(8))
    gpuMemory = try row.int(2)
    gpuUsed = try row.intArray(3)
    coresUsed = try row.int(5)
    slotsUsed = Int(try row.int(7))
    isCordoned = try row.bool(9)
    earned = try row.int(11)
  }

  /// Everything about nodes that have not left the manifests.
  static let all = """
    SELECT \(roomColumns), n.labels, n.is_rootless, n.is_overflow, n.is_held,
      h.job_types, coalesce(h.images, '{}'), coalesce(h.can_pull, false), h.heard_at, coalesce(h.round_trip_us, 0)
    FROM scheduler_nodes n LEFT JOIN scheduler_heartbeats h ON h.node = n.id
    WHERE n.retired_at IS NULL ORDER BY n.id
    """

  init(whole row: Row) throws(PostgresError) {
    try self.init(room: row)
    labels = try row.json(12).texts
    isRootless = try row.bool(13)
    isOverflow = try row.bool(14)
    jobTypes = try row.isNull(16) ? nil : Set(try row.textArray(16))
    images = Set(try row.textArray(17))
    canPull = try row.bool(18)
    lastHeartbeatAt = try row.optionalTimestamp(19)
    roundTripMicroseconds = try row.int(20)
  }
}

extension WorkModule {
  static let all = """
    SELECT name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels, nodes, price_micro, unit
    FROM scheduler_modules WHERE retired_at IS NULL ORDER BY name
    """

  init(_ row: Row) throws(PostgresError) {
    var needs = WorkNeeds(jobType: try row.text(1), image: try row.text(2))
    needs.gpuMemory = try row.int(4)
    needs.cores = try row.int(5)
    needs.memory = try row.int(6)
    needs.isRootless = try row.bool(7)
    needs.labels = try row.json(8).texts
    needs.nodes = Set(try row.textArray(9))
    self.init(
      name: try row.text(0), needs: needs, developer: try row.text(3),
      unitPrice: try row.optionalInt(10).map { Credits(micro: $0) }, unit: try row.text(11))
  }
}

extension Value {
  /// Members of an object that are texts.
  fileprivate var texts: [String: String] {
    guard case .object(let members) = self else { return [:] }
    return Dictionary(
      members.compactMap { member in member.value.text.map { (member.key, $0) } },
      uniquingKeysWith: { first, _ in first })
  }
}
