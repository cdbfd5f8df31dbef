internal import Model
internal import Postgres
package import Reconciling

/// The notifications of replicas over `NOTIFY`, one line for each word: environment, replica, event, and
/// names.
enum StateNotifications {
  static let channel = "rendertrust_state"
  /// The server rejects payloads of 8,000 bytes.
  private static let maxPayloadBytes = 7900

  static func notify(_ notification: StateNotification, in environment: String, from replica: String)
    -> [Statement]
  {
    [
      Statement(
        "SELECT pg_notify($1, $2)", [.text(channel), .text(text(of: notification, environment, replica))])
    ]
  }

  private static func text(of notification: StateNotification, _ environment: String, _ replica: String)
    -> String
  {
    let head = "\(environment)\n\(replica)\n"
    switch notification {
    case .revision: return head + "revision"
    case .leases: return head + "leases"
    case .missed: return head + "missed"
    case .changed(let ids, let removed):
      let lines = ids.map { "\n+\($0)" } + removed.map { "\n-\($0)" }
      let text = head + "changed" + lines.joined()
      return text.utf8.count <= maxPayloadBytes ? text : head + "missed"
    }
  }

  /// Nil for a notification of another environment or of this replica.
  static func notification(_ text: String, in environment: String, as replica: String) -> StateNotification? {
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
    in environment: String, as replica: ControllerReplica,
    _ report: @escaping @Sendable (StateNotification) -> Void
  ) async {
    while !Task.isCancelled {
      do throws(PostgresError) {
        let notifications = try await pool.notifications(on: StateNotifications.channel)
        report(.missed)
        for try await notification in notifications {
          if let notification = StateNotifications.notification(
            notification.payload, in: environment, as: replica.name)
          {
            report(notification)
          }
        }
      } catch {
        // Without the connection, ticks and heartbeats detect the same changes later.
        try? await Task.sleep(for: .seconds(1))
      }
    }
  }
}
