import JobModel
import Model
import Placement
import Postgres

extension Job {
  /// Reads a row of `JobStoreSQL.job` or `jobs`, without attempts.
  init?(_ row: Row) throws(PostgresError) {
    guard let id = JobID(try row.text("id")), let state = JobState(rawValue: try row.text("state")) else {
      return nil
    }
    let artefacts = try row.optionalText("artefacts").flatMap { try? Value(json: $0) }
    self.init(
      id: id, version: try row.int("version"), creator: try row.optionalText("creator") ?? "",
      module: try row.text("module"), image: try row.text("image"),
      input: (try? Value(json: try row.text("input"))) ?? .null, units: try row.int("units"),
      unitPrice: try row.optionalInt("unit_price_micro").map { Credits(micro: $0) },
      held: Credits(micro: try row.int("held_micro")), cost: Credits(micro: try row.int("cost_micro")),
      priority: Int(try row.int("priority")), state: state, reason: try row.optionalText("reason"),
      output: try row.optionalText("output").flatMap { try? Value(json: $0) },
      artefacts: (artefacts?.elements ?? []).compactMap(Artefact.init),
      isOverflow: try row.bool("is_overflow"), submittedAt: try row.timestamp("submitted_at"),
      deadline: try row.timestamp("deadline_at"), finishedAt: try row.optionalTimestamp("finished_at"),
      attempts: [])
  }
}

extension JobAttempt {
  /// Reads a row of `JobStoreSQL.attemptsOfJob`.
  init?(_ row: Row) throws(PostgresError) {
    guard let state = AttemptState(rawValue: try row.text("state")) else { return nil }
    self.init(
      number: Int(try row.int("number")), node: try row.text("node"), state: state,
      reason: try row.optionalText("reason"), note: try row.optionalText("note"), units: try row.int("units"),
      usage: WorkUsage(gpu: try row.int("gpu_ms"), cpu: try row.int("cpu_ms")),
      dispatchedAt: try row.timestamp("dispatched_at"), startedAt: try row.optionalTimestamp("started_at"),
      endedAt: try row.optionalTimestamp("ended_at"))
  }
}

extension NodeStatus {
  /// Reads a row of `JobStoreSQL.nodeStatuses`.
  init(_ row: Row) throws(PostgresError) {
    let node = try FleetNode(stored: row)
    self.init(
      id: node.id, name: node.name, owner: node.owner, cores: node.cores, slots: node.slots,
      memory: node.memory)
    labels = node.labels
    (gpuMemory, gpuUsed) = (node.gpuMemory, node.gpuUsed)
    (coresUsed, slotsUsed) = (node.coresUsed, node.slotsUsed)
    (isRootless, isOverflow) = (node.isRootless, node.isOverflow)
    (isCordoned, isCordonedByOperator) = (node.isCordoned, try row.bool("is_held"))
    (isOnline, lastHeartbeatAt) = (try row.bool("is_online"), node.lastHeartbeatAt)
    roundTripMicroseconds = node.roundTripMicroseconds
    (jobTypes, images, canPull) = (node.jobTypes, node.images, node.canPull)
    (earned, report) = (node.earned, try row.optionalJSON("report"))
  }
}
