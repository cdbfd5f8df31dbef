import JobModel
import Model
import Postgres

/// What is written of jobs and attempts that changed.
extension OpenWork {
  static func keepAttempts(_ works: [OpenWork]) -> Statement {
    Statement(
      """
      UPDATE job_attempts w SET state = u.state, started_at = u.started, ended_at = u.ended, lease_until = u.lease,
        units = u.units, gpu_ms = u.gpu, cpu_ms = u.cpu, note = u.note, reason = u.reason
      FROM unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
        $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::text[])
        u (job, number, state, started, ended, lease, units, gpu, cpu, note, reason)
      WHERE w.job = u.job AND w.number = u.number
      """,
      [
        .textArray(works.map(\.id.job.text)), .intArray(works.map { Int64($0.id.number) }),
        .textArray(works.map(\.state.rawValue)),
        .array(works.map { .optional($0.startedAt, SQLValue.timestamp) }),
        .array(works.map { .optional($0.endedAt, SQLValue.timestamp) }),
        .array(works.map { .timestamp($0.leaseUntil) }), .intArray(works.map(\.units)),
        .intArray(works.map(\.usage.gpu)), .intArray(works.map(\.usage.cpu)),
        .array(works.map { .optional($0.note, SQLValue.text) }),
        .array(works.map { .optional($0.reason, SQLValue.text) }),
      ])
  }

  static func keepJobs(_ works: [OpenWork]) -> Statement {
    Statement(
      """
      UPDATE jobs j SET state = u.state, version = j.version + 1, failed_nodes = u.failed::bigint[],
        is_overflow = u.overflow, reason = u.reason, output = coalesce(u.output, j.output),
        artefacts = coalesce(u.artefacts, j.artefacts), cost_micro = u.cost, finished_at = u.finished
      FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[], $8::bigint[],
        $9::timestamptz[]) u (job, state, failed, overflow, reason, output, artefacts, cost, finished)
      WHERE j.id = u.job
      """,
      [
        .textArray(works.map(\.id.job.text)), .textArray(works.map(\.job.state.rawValue)),
        .textArray(
          works.map(\.job.failedNodes.arrayText)),
        .array(works.map { .bool($0.job.isOverflow) }),
        .array(works.map { .optional($0.job.reason, SQLValue.text) }),
        .array(works.map { .optional($0.job.output, SQLValue.text) }),
        .array(works.map { .optional($0.job.artefacts, SQLValue.text) }),
        .intArray(works.map(\.job.cost.micro)),
        .array(works.map { .optional($0.job.finishedAt, SQLValue.timestamp) }),
      ])
  }
}
