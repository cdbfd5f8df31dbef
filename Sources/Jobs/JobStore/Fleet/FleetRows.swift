internal import Model
package import Placement
package import Postgres

extension FleetNode {
  /// Reads the columns of `JobStoreSQL.lockNodes`: what a claim needs.
  init(locked row: Row) throws(PostgresError) {
    self.init(
      id: try row.int("id"), name: try row.text("name"), cores: try row.int("cores"),
      slots: Int(try row.int("slots")), memory: try row.int("memory"))
    owner = try row.text("owner")
    gpuMemory = try row.int("gpu_memory")
    gpuUsed = try row.intArray("gpu_used")
    coresUsed = try row.int("cores_used")
    slotsUsed = Int(try row.int("slots_used"))
    isCordoned = try row.bool("is_cordoned")
    earned = try row.int("earned")
  }
}

extension FleetNode {
  /// Reads a row of `JobStoreSQL.nodes`: everything that is stored of a node.
  init(stored row: Row) throws(PostgresError) {
    try self.init(locked: row)
    labels = try row.json("labels").texts
    isRootless = try row.bool("is_rootless")
    isOverflow = try row.bool("is_overflow")
    jobTypes = try row.isNull("job_types") ? nil : Set(try row.textArray("job_types"))
    images = Set(try row.textArray("images"))
    canPull = try row.bool("can_pull")
    lastHeartbeatAt = try row.optionalTimestamp("heard_at")
    roundTripMicroseconds = try row.int("round_trip_us")
  }

  /// Reads a row of `Declarations.nodes`: what the node's manifest declared.
  package init(declared row: Row) throws(PostgresError) {
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

extension FleetModule {
  /// Reads a row of `scheduler_modules`.
  package init(_ row: Row) throws(PostgresError) {
    let needs = ComputeNeeds(
      labels: try row.json("labels").texts,
      nodes: try row.textArray("nodes").map { ResourceID(kind: "Node", name: $0) },
      gpuMemory: ByteCount(bytes: try row.int("gpu_memory")),
      cores: CoreCount(thousandths: try row.int("cores")),
      memory: ByteCount(bytes: try row.int("memory")), isRootless: try row.bool("is_rootless"))
    self.init(
      name: try row.text("name"), jobType: try row.text("job_type"), image: try row.text("image"),
      needs: needs,
      developer: try row.text("developer"),
      unitPrice: try row.optionalInt("price_micro").map { Credits(micro: $0) }, unit: try row.text("unit"))
  }
}

extension Value {
  /// The members of an object that are texts.
  fileprivate var texts: [String: String] {
    guard case .object(let members) = self else { return [:] }
    return Dictionary(
      members.compactMap { member in
        if case .string(let text) = member.value { (member.key, text) } else { nil }
      }, uniquingKeysWith: { first, _ in first })
  }
}
