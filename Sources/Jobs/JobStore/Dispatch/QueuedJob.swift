import JobModel
import Model
import Placement
import Postgres

/// A job that waits in the queue.
struct QueuedJob: Sendable {
  let id: JobID
  let module: String
  let account: Int64
  let isOverflow: Bool
  /// Ids of the nodes that it failed on.
  let failedNodes: [Int64]
  let held: Credits
  let deadline: Timestamp
}

/// An account's jobs of one module in the queue.
struct QueuePosition: Hashable, Sendable {
  let account: Int64
  let module: String

  /// Before all others.
  static let start = QueuePosition(account: .min, module: "")
}

/// A part of the queue: the first jobs of some accounts and modules, in the order of the accounts.
struct QueueWindow {
  var jobs: [QueuedJob] = []
  /// Where the next window begins; nil: this one reaches the end of the queue.
  var next: QueuePosition?
  /// Whether the window has every job of its accounts and modules.
  var isComplete = true

  /// Reads a window of at most `limit` jobs, accounts and modules. Jobs behind others that no node can run
  /// come with one of the next windows.
  /// - Parameters:
  ///   - position: the window begins after it.
  ///   - account: the account of the last turn; the accounts behind it come first.
  static func statement(limit: Int, after position: QueuePosition, turnAfter account: Int64) -> Statement {
    Statement(
      JobStoreSQL.queueWindow,
      [.int(Int64(limit)), .int(position.account), .text(position.module), .int(account)])
  }

  init() {}

  /// - Parameter rows: the result of `statement`.
  init(_ rows: Rows, limit: Int) throws(PostgresError) {
    var counts: [QueuePosition: Int64] = [:]
    for row in rows {
      guard let job = try QueuedJob(row) else { continue }
      let queue = QueuePosition(account: job.account, module: job.module)
      counts[queue, default: 0] += 1
      if try row.int("queues") >= Int64(limit) {
        next = QueuePosition(account: try row.int("last_account"), module: try row.text("last_module"))
      }
      if try counts[queue] == row.int("depth") { isComplete = false }
      jobs.append(job)
    }
    if jobs.count >= limit { isComplete = false }
  }
}

extension QueuedJob {
  fileprivate init?(_ row: Row) throws(PostgresError) {
    guard let id = JobID(try row.text("job")) else { return nil }
    self.init(
      id: id, module: try row.text("module"), account: try row.int("account"),
      isOverflow: try row.bool("is_overflow"), failedNodes: try row.intArray("failed_nodes"),
      held: Credits(micro: try row.int("held_micro")), deadline: try row.timestamp("deadline_at"))
  }
}
