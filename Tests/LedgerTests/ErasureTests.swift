import Ledger
import Model
import ObjectStorage
import ObjectStorageSupport
import Postgres
import Testing

extension LedgerTests {
  /// Whoever is erased is a number from then on, everywhere, and the books are as sound as before.
  @Suite struct ErasureTests {
    static let person = "mallory.mc-person@example.com"

    private static func filled(_ books: Books) async throws {
      try await books.ledger.open([person], as: .creator)
      for number in 1...3 { try await books.work(number, on: Books.day, creator: person) }
      try await books.work(4, on: Books.day)
    }

    /// Every table's rows as text that has these letters in it.
    private static func tables(with text: String, in books: Books) async throws -> [String] {
      let names = try await books.pool.query(
        "SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
      var found: [String] = []
      for row in names {
        let table = try row.text(0)
        let hits = try await books.pool.query(
          """
          SELECT count(*) FROM \(table) t WHERE position($1 IN t::text) > 0
            OR position(encode(convert_to($1, 'UTF8'), 'hex') IN t::text) > 0
          """, [.text(text)])
        if try hits.only().int(0) > 0 { found.append(table) }
      }
      return found
    }

    @Test(arguments: ExportedFiles.Kind.allCases)
    func `the name is nowhere any more, and the books are sound`(kind: ExportedFiles.Kind) async throws {
      try await Books.with { books in
        try await Self.filled(books)
        let there = try await ExportedFiles.at(kind, of: books)
        try await there.export.run(Books.day, now: ExportTests.now)
        #expect(try await Self.tables(with: Self.person, in: books) == ["accounts"])
        #expect(try await there.reading().json.contains(Self.person))
        let partitions = try await there.contents().filter { !$0.key.contains("/accounts/") }
        let sums = try await books.pool.query("SELECT sum(balance_micro), sum(entries) FROM accounts").only()

        let done = try await LedgerErasure.erase(
          Self.person, by: "operator", in: books.pool, exports: [there.export])
        #expect(done.isNew && done.number == 1 && done.name == "erased-\(done.account)")
        #expect(done.exportsLeft.isEmpty)
        #expect(try await Self.tables(with: Self.person, in: books).isEmpty)
        #expect(try await there.holds(Self.person).isEmpty)
        let read = try await there.reading()
        #expect(!read.json.contains(Self.person) && read.json.contains(done.name))
        #expect(try await there.contents().filter { !$0.key.contains("/accounts/") } == partitions)
        let after = try await books.pool.query("SELECT sum(balance_micro), sum(entries) FROM accounts").only()
        #expect(try after.text(0) == sums.text(0) && after.text(1) == sums.text(1))
        let proof = try await LedgerProof(books.pool).verify()
        #expect(proof.isSound && proof.erasures == 1, "\(proof.findings)")
        #expect(try await there.export.verify().isSound)

        let again = try await LedgerErasure.erase(done.name, by: "other", in: books.pool)
        #expect(!again.isNew && again.erasedBy == "operator" && again.erasedAt == done.erasedAt)
        #expect(try await books.count("SELECT count(*) FROM ledger_erasures") == 1)
      }
    }

    @Test func `keys of an erased account still answer`() async throws {
      try await Books.with { books in
        try await Self.filled(books)
        let before = try await books.entries()
        let done = try await LedgerErasure.erase(Self.person, by: Self.person, in: books.pool)
        #expect(done.erasedBy == done.name, "whoever erases themselves is not named either")
        #expect(try await Self.tables(with: Self.person, in: books).isEmpty)
        // A grant names it as a leg, a hold is its own.
        let grant = LedgerCall(
          .transfer([LedgerLeg(to: Self.person, Credits(micro: 5_000_000), for: "grant")], job: ""),
          on: "stripe_clearing", key: "grant-1")
        let hold = LedgerCall(
          .hold(Credits(micro: 3_000_001), job: "job-1", lifetime: TimeSpan(seconds: 600)), on: done.name,
          key: "hold-1")
        let results = try await books.ledger.execute([grant, hold])
        #expect(results.map(\.code) == [nil, nil], "\(results)")
        #expect(try await books.entries() == before)
      }
    }

    @Test func `other rooms erase in the same transaction`() async throws {
      try await Books.with { books in
        try await Self.filled(books)
        try await books.pool.query("CREATE TABLE others (account bigint, mail text)")
        try await books.pool.query("INSERT INTO others SELECT id, name FROM accounts WHERE kind = 'creator'")
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
          try await LedgerErasure.erase(Self.person, by: "o", in: books.pool, alsoErasing: [hook, failing])
        }
        #expect(try await Self.tables(with: Self.person, in: books) == ["accounts", "others"])
        let done = try await LedgerErasure.erase(Self.person, by: "o", in: books.pool, alsoErasing: [hook])
        #expect(done.others == 1 && done.number == 1)
        #expect(try await Self.tables(with: Self.person, in: books).isEmpty)
      }
    }

    @Test func `what cannot be erased is refused and stays as it is`() async throws {
      try await Books.with { books in
        func code(_ name: String) async -> ErasureError.Code? {
          do throws(ErasureError) {
            _ = try await LedgerErasure.erase(name, by: "operator", in: books.pool)
            return nil
          } catch {
            return error.code
          }
        }
        #expect(await code("nobody") == .unknownAccount)
        for kind in ["platform", "stripe_clearing", "overflow"] { #expect(await code(kind) == .notErasable) }
        try await books.grant(10, to: "creator", key: "g")
        _ = try await books.ledger.execute([.hold(10, key: "h")])[0].get()
        #expect(await code("creator") == .openHolds)
        #expect(try await books.count("SELECT count(*) FROM ledger_erasures") == 0)
        try await books.ledger.open(["erased-\(try await id(of: "node_owner", books))"], as: .creator)
        #expect(await code("node_owner") == .nameTaken)
        // A hold whose time is over holds nobody back.
        _ = try await LedgerErasure.erase(
          "creator", by: "operator", at: try await books.inAnHour(), in: books.pool)
        #expect(try await LedgerProof(books.pool).verify().isSound)
      }
    }

    private func id(of name: String, _ books: Books) async throws -> Int64 {
      try await books.pool.query("SELECT id FROM accounts WHERE name = $1", [.text(name)]).only().int(0)
    }

    @Test(arguments: [
      "UPDATE ledger_erasures SET erased_by = 'somebody' WHERE number = 1",
      "UPDATE ledger_erasures SET erased_at = erased_at + interval '1 day' WHERE number = 2",
      "DELETE FROM ledger_erasures WHERE number = 1",
      "DELETE FROM ledger_erasures WHERE number = 2",
      "UPDATE accounts SET name = 'back again' WHERE erased_at IS NOT NULL AND kind = 'creator'",
      "UPDATE accounts SET erased_at = NULL WHERE kind = 'node_owner'",
    ])
    func `a chain of erasures that was changed is found`(statement: String) async throws {
      try await Books.with { books in
        for name in ["creator", "node_owner"] {
          _ = try await LedgerErasure.erase(name, by: "operator", in: books.pool)
        }
        #expect(try await LedgerProof(books.pool).verify().isSound)
        if statement.contains("ledger_erasures") {
          await #expect(throws: PostgresError.self) { try await books.pool.query(statement) }
          try await books.pool.query("ALTER TABLE ledger_erasures DISABLE TRIGGER USER")
        }
        try await books.pool.query(statement)
        #expect(try await !LedgerProof(books.pool).verify().isSound)
      }
    }

    @Test func `several at once make one chain`() async throws {
      try await Books.with { books in
        let names = (0..<20).map { "person-\($0)" }
        try await books.ledger.open(names, as: .creator)
        try await withThrowingTaskGroup(of: Void.self) { group in
          for name in names {
            group.addTask { _ = try await LedgerErasure.erase(name, by: "operator", in: books.pool) }
          }
          try await group.waitForAll()
        }
        let proof = try await LedgerProof(books.pool).verify()
        #expect(proof.isSound && proof.erasures == 20, "\(proof.findings)")
      }
    }
  }
}

extension Books {
  fileprivate func inAnHour() async throws -> Timestamp {
    try await pool.query("SELECT now() + interval '1 hour'").only().timestamp(0)
  }
}
