package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func quarantines(of environment: String) async throws(StoreError) -> [Quarantine] {
    let found = try await rows(
      """
      SELECT manifest_digest, revision, reason, actor, at FROM quarantine
      WHERE environment = $1 AND lifted_at IS NULL ORDER BY revision DESC
      """, [.text(environment)]
    ) { row throws(PostgresError) in try Self.quarantine(row) }
    return found.compactMap { $0 }
  }

  package func quarantine(_ entries: [Quarantine], in environment: String) async throws(StoreError) {
    guard !entries.isEmpty else { return }
    _ = try await transaction(
      fence([KeyRange.first], in: environment) + [
        Statement(
          """
          INSERT INTO quarantine (environment, manifest_digest, revision, reason, actor, at)
          SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[])
          ON CONFLICT (environment, manifest_digest) DO UPDATE SET
            revision = EXCLUDED.revision, reason = EXCLUDED.reason, actor = EXCLUDED.actor, at = EXCLUDED.at,
            lifted_at = NULL, lifted_by = NULL
          WHERE quarantine.lifted_at IS NOT NULL
          """,
          [
            .text(environment), .textArray(entries.map(\.digest.hex)), .intArray(entries.map(\.revision)),
            .textArray(entries.map(\.reason)), .textArray(entries.map(\.actor)),
            .array(entries.map { .timestamp($0.at) }),
          ])
      ])
  }

  package func liftQuarantine(of digest: Digest, in environment: String, by actor: String, at time: Timestamp)
    async throws(StoreError) -> Quarantine?
  {
    let results = try await transaction(
      fence([KeyRange.first], in: environment) + [
        Statement(
          """
          UPDATE quarantine SET lifted_at = $3, lifted_by = $4
          WHERE environment = $1 AND manifest_digest = $2 AND lifted_at IS NULL
          RETURNING manifest_digest, revision, reason, actor, at
          """, [.text(environment), .text(digest.hex), .timestamp(time), .text(actor)])
      ])
    guard let row = results.last?.first else { return nil }
    return try reading { () throws(PostgresError) in try Self.quarantine(row) }
  }

  private static func quarantine(_ row: Row) throws(PostgresError) -> Quarantine? {
    guard let digest = Digest(hex: try row.text(0)) else { return nil }
    return Quarantine(
      digest: digest, revision: try row.int(1), reason: try row.text(2), actor: try row.text(3),
      at: try row.timestamp(4))
  }

  package func atomicApply(of environment: String) async throws(StoreError) -> AtomicApply? {
    let found = try await rows(
      "SELECT manifest_digest, goes_back_to, actor, alive_until FROM atomic_applies WHERE environment = $1",
      [.text(environment)]
    ) { row throws(PostgresError) -> AtomicApply? in
      guard let digest = Digest(hex: try row.text(0)) else { return nil }
      return AtomicApply(
        digest: digest, rollbackRevision: try row.int(1), actor: try row.text(2), expiresAt: try row.timestamp(3))
    }
    return found.first ?? nil
  }

  package func setAtomicApply(_ apply: AtomicApply?, in environment: String) async throws(StoreError) {
    guard let apply else {
      _ = try await transaction(
        fence([KeyRange.first], in: environment) + [
          Statement("DELETE FROM atomic_applies WHERE environment = $1", [.text(environment)])
        ])
      return
    }
    _ = try await transaction(
      fence([KeyRange.first], in: environment) + [
        Statement(
          """
          INSERT INTO atomic_applies (environment, manifest_digest, goes_back_to, actor, alive_until)
          VALUES ($1, $2, $3, $4, $5)
          ON CONFLICT (environment) DO UPDATE SET
            manifest_digest = EXCLUDED.manifest_digest, goes_back_to = EXCLUDED.goes_back_to,
            actor = EXCLUDED.actor, alive_until = EXCLUDED.alive_until
          """,
          [
            .text(environment), .text(apply.digest.hex), .int(apply.rollbackRevision), .text(apply.actor),
            .timestamp(apply.expiresAt),
          ])
      ])
  }
}
