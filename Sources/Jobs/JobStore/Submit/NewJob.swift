import JobModel
import Model
import Postgres

/// A job as it is stored first.
struct NewJob {
  let job: Job
  let submission: Submission
  /// The id of the hold that pays for it.
  let hold: Int64
  let developer: String

  static func insert(_ jobs: [NewJob], at time: Timestamp) -> Statement {
    Statement(
      JobStoreSQL.insertJobs,
      [
        .timestamp(time), .textArray(jobs.map(\.job.id.text)), .textArray(jobs.map(\.job.creator)),
        .array(jobs.map { .bytes($0.submission.request) }), .textArray(jobs.map(\.job.module)),
        .textArray(jobs.map(\.job.image)), .textArray(jobs.map(\.developer)),
        .textArray(jobs.map(\.submission.input)), .intArray(jobs.map(\.job.units)),
        .array(jobs.map { .optional($0.job.unitPrice) { .int($0.micro) } }), .intArray(jobs.map(\.hold)),
        .intArray(jobs.map(\.job.held.micro)), .intArray(jobs.map { Int64($0.job.priority) }),
        .textArray(jobs.map(\.job.state.rawValue)), .array(jobs.map { .timestamp($0.job.deadline) }),
      ])
  }
}
