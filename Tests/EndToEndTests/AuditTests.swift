import DockerSupport
import Model
import Postgres
import Testing

extension EndToEnd {
  /// The audit log.
  @Suite struct AuditLog {
    @Test("Every change is logged with its fields, and tampering is detected")
    func tampering() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .prices("packs", ["price_pack10": 100])])
        try await installation.apply()
        try installation.write([.prices("packs", ["price_pack10": 110])])
        try await installation.apply()
        #expect(try await installation.run("rollback").exitCode == 0)

        let list = try await installation.run("audit", "PriceMap/packs", "-o", "json").json()
        guard case .array(let entries) = list else { throw SupportError("no list: \(list.json)") }
        #expect(entries.compactMap { $0["revision"] } == [.integer(1), .integer(2), .integer(3)])
        guard case .array(let diff)? = entries[1]["diff"] else { throw SupportError("no diff: \(list.json)") }
        #expect(diff.map(\.json) == [#"{"from":100,"path":"prices.price_pack10.credits","to":110}"#])
        let actions = try await installation.run("audit", "list", "-o", "json").output
        #expect(actions.contains(#""action": "rollback""#))

        let before = try await installation.run("audit", "verify", "-o", "json")
        #expect(before.exitCode == 0, "\(before)")
        let head = try #require(try before.json()["head"]).plainText
        for (sql, finding) in AuditLog.tamperings {
          try await installation.query("CREATE TABLE kept AS SELECT * FROM audit")
          try await installation.query(sql)
          let verify = try await installation.run("audit", "verify")
          #expect(verify.exitCode == 1 && verify.errors.contains(finding), "\(sql): \(verify)")
          try await installation.query("DELETE FROM audit")
          try await installation.query("INSERT INTO audit SELECT * FROM kept")
          try await installation.query("DROP TABLE kept")
        }
        let after = try await installation.run("audit", "verify", "--head", head)
        #expect(after.exitCode == 0, "\(after)")
        let other = try await installation.run("audit", "verify", "--head", String(repeating: "a", count: 64))
        #expect(
          other.exitCode == 1 && other.errors.contains("no entry has the hash that was kept"), "\(other)")
        #expect(try await installation.run("audit", "verify", "--head", "xyz").exitCode == 2)
      }
    }

    private static let tamperings = [
      ("UPDATE audit SET entry = replace(entry, 'done', 'failed') WHERE sequence = 3", "entry 3 "),
      ("DELETE FROM audit WHERE sequence = 2", "entry 2 is missing"),
      ("DELETE FROM audit WHERE sequence = (SELECT max(sequence) FROM audit)", "the last entry, "),
      (
        """
        UPDATE audit SET entry = other.entry, hash = other.hash FROM audit AS other
        WHERE (audit.sequence, other.sequence) IN ((2, 3), (3, 2))
        """, "the entry that belongs there is at 3"
      ),
    ]
  }
}
