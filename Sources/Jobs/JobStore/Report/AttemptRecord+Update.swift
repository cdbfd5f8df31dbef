import JobModel
import Model
import Postgres

/// Writes what reports changed of attempts and jobs.
extension AttemptRecord {
  static func updateAttempts(_ records: [AttemptRecord]) -> Statement {
    Statement(
      JobStoreSQL.updateAttempts,
      [
        .textArray(records.map(\.id.job.text)), .intArray(records.map { Int64($0.id.number) }),
        .textArray(records.map(\.state.rawValue)),
        .array(records.map { .optional($0.startedAt, SQLValue.timestamp) }),
        .array(records.map { .optional($0.endedAt, SQLValue.timestamp) }),
        .array(records.map { .timestamp($0.leaseUntil) }), .intArray(records.map(\.units)),
        .intArray(records.map(\.usage.gpu)), .intArray(records.map(\.usage.cpu)),
        .array(records.map { .optional($0.note, SQLValue.text) }),
        .array(records.map { .optional($0.reason, SQLValue.text) }),
      ])
  }

  static func updateJobs(_ records: [AttemptRecord]) -> Statement {
    let jobs = records.map(\.job)
    return Statement(
      JobStoreSQL.updateJobs,
      [
        .textArray(records.map(\.id.job.text)), .textArray(jobs.map(\.state.rawValue)),
        .textArray(jobs.map(\.failedNodes.arrayText)), .array(jobs.map { .bool($0.isOverflow) }),
        .array(jobs.map { .optional($0.reason, SQLValue.text) }),
        .array(jobs.map { .optional($0.output, SQLValue.text) }),
        .array(jobs.map { .optional($0.artefacts, SQLValue.text) }), .intArray(jobs.map(\.cost.micro)),
        .array(jobs.map { .optional($0.finishedAt, SQLValue.timestamp) }),
      ])
  }
}
