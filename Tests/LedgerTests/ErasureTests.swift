import Ledger
import Model
import ObjectStorage
import ObjectStorageSupport
import Postgres
import Testing

extension LedgerTests {
  /// An erasure replaces the name everywhere, and the ledger stays sound.
  @Suite struct ErasureTests {
    static let person = "mallory.mc-person@example.com"

    private static func filled(_ fixture: LedgerFixture) async throws {
      try await fixture.ledger.open([person], as: .creator)
      for number in 1...3 { try await fixture.work(number, on: LedgerFixture.day, creator: person) }
      try await fixture.work(4, on: LedgerFixture.day)
    }

    /// The tables that contain the text.
    private static func tables(with text: String, in fixture: LedgerFixture) async throws -> [String] {
      let names = try await fixture.pool.query(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
      var found: [String] = []
      for row in names {
        let table = try row.text(0)
        let hits = try await fixture.pool.query(
          """
          SELECT count(*) FROM \(table) t WHERE position($1 IN t::text) > 0
            OR position(encode(convert_to($1, 'UTF8'), 'hex') IN t::text) > 0
          """, [.text(text)])
        if try hits.only().int(0) > 0 { found.append(table) }
      }
      return found
    }

    @Test(
      "After an erasure the name is nowhere and the ledger is sound", arguments: ExportedFiles.Kind.allCases)
    func erasureRemovesName(kind: ExportedFiles.Kind) async throws {
      try await LedgerFixture.with { fixture in
        try await Self.filled(fixture)
        let there = try await ExportedFiles.at(kind, of: fixture)
        try await there.export.run(LedgerFixture.day, now: ExportTests.now)
        #expect(try await Self.tables(with: Self.person, in: fixture) == ["accounts"])
        #expect(try await there.reading().json.contains(Self.person))
        let partitions = try await there.contents().filter { !$0.key.contains("/accounts/") }
        let sums = try await fixture.pool.query("SELECT sum(balance_micro), sum(entries) FROM accounts")
          .only()

        let done = try await LedgerErasure.erase(
          Self.person, by: "operator", in: fixture.pool, exports: [there.export])
        #expect(done.isNew && done.number == 1 && done.name == "erased-\(done.account)")
        #expect(done.exportsLeft.isEmpty)
        #expect(try await Self.tables(with: Self.person, in: fixture).isEmpty)
        #expect(try await there.holds(Self.person).isEmpty)
        let read = try await there.reading()
        #expect(!read.json.contains(Self.person) && read.json.contains(done.name))
        #expect(try await there.contents().filter { !$0.key.contains("/accounts/") } == partitions)
        let after = try await fixture.pool.query("SELECT sum(balance_micro), sum(entries) FROM accounts")
          .only()
        #expect(try after.text(0) == sums.text(0) && after.text(1) == sums.text(1))
        let proof = try await LedgerProof(fixture.pool).verify()
        #expect(proof.isSound && proof.erasures == 1, "\(proof.findings)")
        #expect(try await there.export.verify().isSound)

        let again = try await LedgerErasure.erase(done.name, by: "other", in: fixture.pool)
        #expect(!again.isNew && again.erasedBy == "operator" && again.erasedAt == done.erasedAt)
        #expect(try await fixture.count("SELECT count(*) FROM ledger_erasures") == 1)
      }
    }

    @Test("Keys of an erased account stay idempotent") func keysOfErasedAccountStayIdempotent() async throws {
      try await LedgerFixture.with { fixture in
        try await Self.filled(fixture)
        let before = try await fixture.entries()
        let done = try await LedgerErasure.erase(Self.person, by: Self.person, in: fixture.pool)
        #expect(done.erasedBy == done.name, "an operator who erases themselves is not named either")
        #expect(try await Self.tables(with: Self.person, in: fixture).isEmpty)
        // The account is a leg of the grant and the payer of the hold.
        let grant = LedgerCall(
          .transfer([LedgerLeg(to: Self.person, Credits(micro: 5_000_000), for: "grant")], job: ""),
          on: "stripe_clearing", key: "grant-1")
        let hold = LedgerCall(
          .hold(Credits(micro: 3_000_001), job: "job-1", lifetime: TimeSpan(seconds: 600)), on: done.name,
          key: "hold-1")
        let results = try await fixture.ledger.execute([grant, hold])
        #expect(results.map(\.code) == [nil, nil], "\(results)")
        #expect(try await fixture.entries() == before)
      }
    }

    @Test("Hooks of other modules erase in the same transaction") func hooksEraseInSameTransaction()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await Self.filled(fixture)
        try await fixture.pool.query("CREATE TABLE others (account bigint, mail text)")
        try await fixture.pool.query(
          "INSERT INTO others SELECT id, name FROM accounts WHERE kind = 'creator'")
        let hook: LedgerErasure.Hook = { transaction, account, name throws(PostgresError) in
          let rows = try await transaction.query(
            "DELETE FROM others WHERE account = $1 AND mail = $2", [.int(account), .text(name)])
          return rows.affected
        }
        let failing: LedgerErasure.Hook = { transaction, _, _ throws(PostgresError) in
          try await transaction.query("SELECT 1 / 0")
          return 0
        }
        await #expect(throws: ErasureError.self) {
          try await LedgerErasure.erase(Self.person, by: "o", in: fixture.pool, alsoErasing: [hook, failing])
        }
        #expect(try await Self.tables(with: Self.person, in: fixture) == ["accounts", "others"])
        let done = try await LedgerErasure.erase(Self.person, by: "o", in: fixture.pool, alsoErasing: [hook])
        #expect(done.others == 1 && done.number == 1)
        #expect(try await Self.tables(with: Self.person, in: fixture).isEmpty)
      }
    }

    @Test("An account that cannot be erased is refused and unchanged") func refusesErasure() async throws {
      try await LedgerFixture.with { fixture in
        func code(_ name: String) async -> ErasureError.Code? {
          do throws(ErasureError) {
            _ = try await LedgerErasure.erase(name, by: "operator", in: fixture.pool)
            return nil
          } catch {
            return error.code
          }
        }
        #expect(await code("unknown") == .unknownAccount)
        for kind in ["platform", "stripe_clearing", "overflow"] { #expect(await code(kind) == .notErasable) }
        try await fixture.grant(10, to: "creator", key: "g")
        _ = try await fixture.ledger.execute([.hold(10, key: "h")])[0].get()
        #expect(await code("creator") == .openHolds)
        #expect(try await fixture.count("SELECT count(*) FROM ledger_erasures") == 0)
        try await fixture.ledger.open(["erased-\(try await id(of: "node_owner", fixture))"], as: .creator)
        #expect(await code("node_owner") == .nameTaken)
        // An overdue hold does not prevent the erasure.
        _ = try await LedgerErasure.erase(
          "creator", by: "operator", at: try await fixture.inAnHour(), in: fixture.pool)
        #expect(try await LedgerProof(fixture.pool).verify().isSound)
      }
    }

    private func id(of name: String, _ fixture: LedgerFixture) async throws -> Int64 {
      try await fixture.pool.query("SELECT id FROM accounts WHERE name = $1", [.text(name)]).only().int(0)
    }

    @Test(
      "A change of the chain of erasures is detected",
      arguments: [
        "UPDATE ledger_erasures SET erased_by = 'another' WHERE number = 1",
        "UPDATE ledger_erasures SET erased_at = erased_at + interval '1 day' WHERE number = 2",
        "DELETE FROM ledger_erasures WHERE number = 1",
        "DELETE FROM ledger_erasures WHERE number = 2",
        "UPDATE accounts SET name = 'back again' WHERE erased_at IS NOT NULL AND kind = 'creator'",
        "UPDATE accounts SET erased_at = NULL WHERE kind = 'node_owner'",
      ])
    func changedErasureChainIsDetected(statement: String) async throws {
      try await LedgerFixture.with { fixture in
        for name in ["creator", "node_owner"] {
          _ = try await LedgerErasure.erase(name, by: "operator", in: fixture.pool)
        }
        #expect(try await LedgerProof(fixture.pool).verify().isSound)
        if statement.contains("ledger_erasures") {
          await #expect(throws: PostgresError.self) { try await fixture.pool.query(statement) }
          try await fixture.pool.query("ALTER TABLE ledger_erasures DISABLE TRIGGER USER")
        }
        try await fixture.pool.query(statement)
        #expect(try await !LedgerProof(fixture.pool).verify().isSound)
      }
    }

    @Test("Concurrent erasures form one chain") func concurrentErasuresFormOneChain() async throws {
      try await LedgerFixture.with { fixture in
        let names = (0..<20).map { "person-\($0)" }
        try await fixture.ledger.open(names, as: .creator)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for name in names {
            group.addTask { _ = try await LedgerErasure.erase(name, by: "operator", in: fixture.pool) }
          }
          try await group.waitForAll()
        }
        let proof = try await LedgerProof(fixture.pool).verify()
        #expect(proof.isSound && proof.erasures == 20, "\(proof.findings)")
      }
    }
  }
}

extension LedgerFixture {
  fileprivate func inAnHour() async throws -> Timestamp {
    try await pool.query("SELECT now() + interval '1 hour'").only().timestamp(0)
  }
}
