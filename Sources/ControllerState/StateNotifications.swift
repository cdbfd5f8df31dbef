internal import Model
internal import Postgres
package import Reconciling

/// What replicas tell each other over `NOTIFY`, one line for each word: environment, replica, what, and names.
enum StateNotifications {
  static let channel = "rendertrust_state"
  /// The server refuses payloads of 8,000 bytes.
  private static let maxPayloadBytes = 7900

  static func notify(_ news: StateNotification, in environment: String, from replica: String) -> [Statement] {
    [Statement("SELECT pg_notify($1, $2)", [.text(channel), .text(text(of: news, environment, replica))])]
  }

  private static func text(of news: StateNotification, _ environment: String, _ replica: String) -> String {
    let head = "\(environment)\n\(replica)\n"
    switch news {
    case .revision: return head + "revision"
    case .leases: return head + "leases"
    case .missed: return head + "missed"
    case .changed(let ids, let removed):
      let lines = ids.map { "\n+\($0)" } + removed.map { "\n-\($0)" }
      let text = head + "changed" + lines.joined()
      return text.utf8.count <= maxPayloadBytes ? text : head + "missed"
    }
  }

  /// Nil for what is not meant for this replica.
  static func news(_ text: String, in environment: String, as replica: String) -> StateNotification? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.count >= 3, lines[0] == environment, lines[1] != replica else { return nil }
    switch lines[2] {
    case "revision": return .revision
    case "leases": return .leases
    case "changed":
      func ids(_ mark: Character) -> Set<ResourceID> {
        Set(lines.dropFirst(3).filter { $0.first == mark }.compactMap { ResourceID($0.dropFirst()) })
      }
      return .changed(ids("+"), removed: ids("-"))
    default: return .missed
    }
  }
}

extension PostgresStateStore {
  package func listen(
    in environment: String, as replica: ControllerReplica, _ tell: @escaping @Sendable (StateNotification) -> Void
  ) async {
    while !Task.isCancelled {
      do throws(PostgresError) {
        let notifications = try await pool.notifications(on: StateNotifications.channel)
        tell(.missed)
        for try await notification in notifications {
          if let news = StateNotifications.news(notification.payload, in: environment, as: replica.name) {
            tell(news)
          }
        }
      } catch {
        // Without the connection, ticks and heartbeats find out the same, later.
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
}
