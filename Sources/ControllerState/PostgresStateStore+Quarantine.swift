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
      fence([KeyRange.first], in: environment) + [inserting(entries, in: environment)])
  }

  func inserting(_ entries: [Quarantine], in environment: String) -> Statement {
    Statement(
      StateSQL.insertQuarantines,
      [
        .text(environment), .textArray(entries.map(\.digest.hex)), .intArray(entries.map(\.revision)),
        .textArray(entries.map(\.reason)), .textArray(entries.map(\.actor)),
        .array(entries.map { .timestamp($0.at) }),
      ])
  }

  package func liftQuarantine(of digest: Digest, in environment: String, by actor: String, at time: Timestamp)
    async throws(StoreError) -> Quarantine?
  {
    let results = try await transaction(
      fence([KeyRange.first], in: environment) + [
        Statement(
          StateSQL.liftQuarantine,
          [.text(environment), .text(digest.hex), .timestamp(time), .text(actor)])
      ])
    guard let row = results.last?.first else { return nil }
    return try reading { () throws(PostgresError) in try Self.quarantine(row) }
  }

  private static func quarantine(_ row: Row) throws(PostgresError) -> Quarantine? {
    guard let digest = Digest(hex: try row.text("manifest_digest")) else { return nil }
    return Quarantine(
      digest: digest, revision: try row.int("revision"), reason: try row.text("reason"),
      actor: try row.text("actor"), at: try row.timestamp("at"))
  }

  package func atomicApply(of environment: String) async throws(StoreError) -> AtomicApply? {
    let found = try await rows(
      "SELECT manifest_digest, goes_back_to, actor, alive_until FROM atomic_applies WHERE environment = $1",
      [.text(environment)]
    ) { row throws(PostgresError) -> AtomicApply? in
      guard let digest = Digest(hex: try row.text("manifest_digest")) else { return nil }
      return AtomicApply(
        digest: digest, rollbackRevision: try row.int("goes_back_to"), actor: try row.text("actor"),
        expiresAt: try row.timestamp("alive_until"))
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
          StateSQL.saveAtomicApply,
          [
            .text(environment), .text(apply.digest.hex), .int(apply.rollbackRevision), .text(apply.actor),
            .timestamp(apply.expiresAt),
          ])
      ])
  }
}
