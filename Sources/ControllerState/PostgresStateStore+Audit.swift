package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore: AuditTrail {
  package func audit(of environment: String, after sequence: Int64, limit: Int) async throws(StoreError)
    -> [AuditEntry]
  {
    try await entries(
      """
      SELECT sequence, entry, hash FROM audit
      WHERE environment = $1 AND sequence > $2 ORDER BY sequence LIMIT $3
      """, [.text(environment), .int(sequence), .int(Int64(limit))])
  }

  package func audit(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError)
    -> [AuditEntry]
  {
    guard let id else {
      return try await entries(
        "SELECT sequence, entry, hash FROM audit WHERE environment = $1 ORDER BY sequence DESC LIMIT $2",
        [.text(environment), .int(Int64(limit))])
    }
    return try await entries(
      """
      SELECT sequence, entry, hash FROM audit WHERE environment = $1 AND entry::json ->> 'resource' = $2
      ORDER BY sequence DESC LIMIT $3
      """, [.text(environment), .text(id.description), .int(Int64(limit))])
  }

  package func auditHead(of environment: String) async throws(StoreError) -> AuditHead {
    try await rows("SELECT count, hash FROM audit_heads WHERE environment = $1", [.text(environment)]) {
      row throws(PostgresError) in
      AuditHead(count: try row.int("count"), hash: try row.text("hash"))
    }.first ?? .beginning
  }

  private func entries(_ sql: String, _ parameters: [SQLValue]) async throws(StoreError) -> [AuditEntry] {
    try await rows(sql, parameters) { row throws(PostgresError) in
      AuditEntry(
        sequence: try row.int("sequence"), text: try row.text("entry"), hash: try row.text("hash"))
    }
  }

  /// Appends records to the chain. Must be the last statement of the transaction that the records are about.
  func appendAudit(_ records: [AuditRecord], _ environment: String) -> Statement {
    Statement(
      "SELECT audit_append($1, $2::text[])", [.text(environment), .textArray(records.map(\.value.json))])
  }
}
