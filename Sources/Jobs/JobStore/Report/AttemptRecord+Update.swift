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

  /// Records what the platform pays for preempted attempts.
  static func recordPay(_ records: [AttemptRecord]) -> Statement {
    Statement(
      """
      UPDATE job_attempts w SET pay_micro = u.pay
      FROM unnest($1::text[], $2::int[], $3::bigint[]) u (job, number, pay)
      WHERE w.job = u.job AND w.number = u.number
      """,
      [
        .textArray(records.map(\.id.job.text)), .intArray(records.map { Int64($0.id.number) }),
        .intArray(records.map(\.pay.micro)),
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
