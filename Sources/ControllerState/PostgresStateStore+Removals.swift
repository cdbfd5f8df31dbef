internal import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func pendingRemoval(of environment: String) async throws(StoreError) -> PendingRemoval? {
    let found = try await rows(
      """
      SELECT manifest_digest, removals, loses_data, since, due_at FROM pending_changes
      WHERE environment = $1
      """, [.text(environment)]
    ) { row throws(PostgresError) -> PendingRemoval? in
      guard let digest = Digest(hex: try row.text("manifest_digest")) else { return nil }
      return PendingRemoval(
        digest: digest, removals: try row.textArray("removals").compactMap { ResourceID($0) },
        losesData: try row.bool("loses_data"), since: try row.timestamp("since"),
        dueAt: try row.timestamp("due_at"))
    }
    return found.first ?? nil
  }

  package func setPendingRemoval(_ removal: PendingRemoval?, in environment: String) async throws(StoreError)
  {
    let change =
      removal.map { removal in
        Statement(
          StateSQL.savePendingChange,
          [
            .text(environment), .text(removal.digest.hex), .textArray(removal.removals.map(\.description)),
            .bool(removal.losesData), .timestamp(removal.since), .timestamp(removal.dueAt),
          ])
      } ?? PostgresStateStore.endPendingRemoval(in: environment)
    _ = try await transaction(fence([KeyRange.first], in: environment) + [change])
  }

  /// A recorded revision ends the pending removal too.
  static func endPendingRemoval(in environment: String) -> Statement {
    Statement("DELETE FROM pending_changes WHERE environment = $1", [.text(environment)])
  }
}
