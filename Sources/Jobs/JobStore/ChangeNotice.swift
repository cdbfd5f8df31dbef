import JobModel
import Postgres

/// The notifications by which processes learn of changes. They may be lost, so that every listener also reads
/// the tables from time to time.
enum ChangeNotice {
  /// Ids of nodes that got work, separated by commas.
  static let workChannel = "scheduling_work"
  /// Ids of jobs that changed, separated by commas.
  static let jobsChannel = "scheduling_jobs"
  /// A job waits, or may not wait any longer; without a payload.
  static let pendingChannel = "scheduling_pending"

  /// PostgreSQL refuses payloads of 8,000 bytes and more.
  private static let payloadLimit = 7900

  static let pending = Statement("SELECT pg_notify($1, '')", [.text(pendingChannel)])

  static func jobs(_ ids: some Sequence<JobID>) -> [Statement] { notices(jobsChannel, ids.lazy.map(\.text)) }
  static func work(_ nodes: some Sequence<Int64>) -> [Statement] {
    notices(workChannel, nodes.lazy.map { String($0) })
  }

  /// One notice with as many ids as fit; none where there are no ids.
  private static func notices(_ channel: String, _ ids: some Sequence<String>) -> [Statement] {
    var payload = ""
    for id in ids {
      guard payload.utf8.count + id.utf8.count < payloadLimit else { break }
      if !payload.isEmpty { payload += "," }
      payload += id
    }
    return payload.isEmpty ? [] : [Statement("SELECT pg_notify($1, $2)", [.text(channel), .text(payload)])]
  }
}
