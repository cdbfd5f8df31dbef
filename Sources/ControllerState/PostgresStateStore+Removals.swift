internal import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func pendingRemovals(of environment: String) async throws(StoreError) -> [PendingRemoval] {
    try await rows(
      """
      SELECT resource, resource_digest, loses_data, since, due_at FROM pending_removals
      WHERE environment = $1
      """, [.text(environment)]
    ) { row throws(PostgresError) -> PendingRemoval? in
      guard let id = ResourceID(try row.text("resource")),
        let digest = Digest(hex: try row.text("resource_digest"))
      else { return nil }
      return PendingRemoval(
        id: id, digest: digest, losesData: try row.bool("loses_data"), since: try row.timestamp("since"),
        dueAt: try row.timestamp("due_at"))
    }.compactMap { $0 }.sorted { $0.id < $1.id }
  }

  package func setPendingRemovals(_ removals: [PendingRemoval], in environment: String)
    async throws(StoreError)
  {
    var statements = fence([KeyRange.first], in: environment) + [Self.endPendingRemovals(in: environment)]
    if !removals.isEmpty {
      statements.append(
        Statement(
          StateSQL.savePendingRemovals,
          [
            .text(environment), .textArray(removals.map(\.id.description)),
            .textArray(removals.map(\.digest.hex)), .array(removals.map { .bool($0.losesData) }),
            .array(removals.map { .timestamp($0.since) }), .array(removals.map { .timestamp($0.dueAt) }),
          ]))
    }
    _ = try await transaction(statements)
  }

  /// Manifests that are recorded as they are end the pending removals too.
  static func endPendingRemovals(in environment: String) -> Statement {
    Statement("DELETE FROM pending_removals WHERE environment = $1", [.text(environment)])
  }
}
