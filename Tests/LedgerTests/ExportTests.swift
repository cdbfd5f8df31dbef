import Ledger
import Model
import ObjectStorage
import ObjectStorageSupport
import Parquet
import Postgres
import Testing

extension LedgerTests {
  /// The export of a day to a folder and to S3.
  @Suite struct ExportTests {
    static let now = LedgerFixture.time(LedgerFixture.day, hour: 24 * 10)

    @Test("pyarrow and DuckDB read the rows of the database", arguments: ExportedFiles.Kind.allCases)
    func pyarrowAndDuckDBReadRows(kind: ExportedFiles.Kind) async throws {
      try await LedgerFixture.with { fixture in
        let day = LedgerFixture.day
        // A day includes its start and excludes its end.
        try await fixture.work(1, on: day, hour: 0)
        try await fixture.work(2, on: day, hour: 23)
        try await fixture.work(3, on: day.next, hour: 0)
        let there = try await ExportedFiles.at(kind, of: fixture)
        try await there.export.run(day, now: Self.now)
        try await there.export.run(day.next, now: Self.now)
        let read = try await there.reading()

        let types = try #require(read["types"])
        for (table, column, type) in [
          ("entries", "id", "int64"), ("entries", "amount", "decimal128(18, 6)"),
          ("entries", "gross", "decimal128(18, 6)"), ("entries", "debit_balance", "decimal128(18, 6)"),
          ("entries", "debit_hash", "binary"), ("entries", "recorded_at", "timestamp[us, tz=UTC]"),
          ("entries", "debit_kind", "string"), ("usage", "price", "decimal128(18, 6)"),
          ("usage", "gpu_ms", "int64"), ("usage", "settled_at", "timestamp[us, tz=UTC]"),
          ("accounts", "balance", "decimal128(18, 6)"), ("accounts", "erased_at", "timestamp[us, tz=UTC]"),
        ] {
          #expect(types[table]?[column] == .string(type), "\(table).\(column)")
        }
        #expect(
          read["days"]
            == .object([
              "entries": .array([
                .array([
                  .string("2026-10-20"), .integer(6), .string("16.000000"), .string("2026-10-20 00:00:00+00"),
                ]),
                .array([
                  .string("2026-10-21"), .integer(3), .string("8.000000"), .string("2026-10-21 00:00:00+00"),
                ]),
              ]),
              "usage": .array([
                .array([
                  .string("2026-10-20"), .integer(2), .string("6.000000"), .string("2026-10-20 00:00:00+00"),
                ]),
                .array([
                  .string("2026-10-21"), .integer(1), .string("3.000000"), .string("2026-10-21 00:00:00+00"),
                ]),
              ]),
            ]), "\(read["days"]?.json ?? "")")
        let accounts = try await fixture.pool.query(
          """
          SELECT json_agg(
            json_build_array(id, name, kind, (balance_micro / 1000000.0)::numeric(18, 6)::text, false)
            ORDER BY id) FROM accounts
          """
        ).only().json(0)
        #expect(read["accounts"] == accounts)
        #expect(try await there.export.state().due(at: Self.now).first == day.next.next)
      }
    }

    @Test(
      "Every row is in the file of its day once when ids of days alternate",
      arguments: [1, 3_999, 4_000, 4_001, 8_000])
    func rowIsInItsDayOnce(rows: Int) async throws {
      try await LedgerFixture.with { fixture in
        // Ids of two days alternate; each day has as many rows.
        try await fixture.pool.query(
          """
          INSERT INTO ledger_entries (id, debit_account, debit_number, debit_balance_micro, debit_hash,
            credit_account, credit_number, credit_balance_micro, credit_hash, amount_micro, type, job,
            recorded_at)
          SELECT n, 1, n, 0, '\\x00', 2, n, 0, '\\x00', n, 'grant', '',
            $2::timestamptz + (n % 2) * interval '1 day'
          FROM generate_series(1, 2 * $1::bigint) n
          """, [.int(Int64(rows)), .timestamp(LedgerFixture.day.start)])
        let there = try await ExportedFiles.at(.folder, of: fixture)
        for (day, first) in [(LedgerFixture.day, 2), (LedgerFixture.day.next, 1)] {
          guard case .written(let manifest) = try await there.export.run(day, now: Self.now) else { continue }
          let file = try #require(manifest.files.first)
          let sum = (0..<rows).reduce(0) { $0 + first + 2 * $1 }
          #expect(file.rows == Int64(rows) && file.sum == Credits(micro: Int64(sum)).description)
          #expect(file.firstID == Int64(first) && file.lastID == Int64(first + 2 * (rows - 1)))
        }
        guard case .array(let days)? = try await there.reading()["days"]?["entries"] else { return }
        let counts = days.map { day -> Value in
          guard case .array(let cells) = day else { return .null }
          return cells[1]
        }
        let expected = Value.integer(Int64(rows))
        #expect(counts == [expected, expected])
      }
    }

    @Test("The manifest describes the files, and days are chained") func manifestDescribesFiles() async throws
    {
      try await LedgerFixture.with { fixture in
        let day = LedgerFixture.day
        try await fixture.work(1, on: day)
        let there = try await ExportedFiles.at(.folder, of: fixture)
        guard case .written(let first) = try await there.export.run(day, now: Self.now) else {
          Issue.record("it was not written")
          return
        }
        let entries = try #require(first.files.first { $0.table == "entries" })
        #expect(entries.rows == 3 && entries.firstID == 1 && entries.lastID == 3 && entries.sum == "8")
        #expect(first.files.first { $0.table == "usage" }?.sum == "3")
        for file in first.files {
          let bytes = try await there.store.get("ledger/\(file.path)")
          #expect(file.bytes == Int64(bytes.count) && file.digest == Digest(of: bytes))
        }
        #expect(first.previous == nil)
        let stored = try await there.store.get("ledger/manifests/2026-10-20.json")
        #expect(stored == first.bytes && ExportManifest(stored) == first)
        guard case .written(let second) = try await there.export.run(day.next, now: Self.now) else { return }
        #expect(second.previous == first.digest)
        // A day without rows has files with the schema alone.
        #expect(second.files.map(\.rows) == [0, 0] && second.files.map(\.firstID) == [nil, nil])
        let read = try await there.reading()
        #expect(read["types"]?["usage"]?["price"] == .string("decimal128(18, 6)"))
        let recorded = try await fixture.pool.query(
          "SELECT manifest_sha256, entries, usage FROM ledger_exports ORDER BY day")
        #expect(
          try recorded.map { row throws(PostgresError) in try row.text(0) } == [
            first.digest.hex, second.digest.hex,
          ])
        #expect(try recorded[0].int(1) == 3 && recorded[0].int(2) == 1)
      }
    }

    @Test("A repeated export changes no byte", arguments: ExportedFiles.Kind.allCases)
    func repeatedExportChangesNothing(kind: ExportedFiles.Kind) async throws {
      try await LedgerFixture.with { fixture in
        for number in 1...20 {
          try await fixture.work(number, on: LedgerFixture.day, hour: Int64(number % 24))
        }
        let there = try await ExportedFiles.at(kind, of: fixture)
        guard case .written(let manifest) = try await there.export.run(LedgerFixture.day, now: Self.now)
        else {
          return
        }
        let before = try await there.contents()
        #expect(try await there.export.run(LedgerFixture.day, now: Self.now) == .unchanged(manifest))
        #expect(try await there.contents() == before)
        // An export to an empty destination writes the same files.
        for key in before.keys { try await there.store.delete(key) }
        #expect(try await there.export.run(LedgerFixture.day, now: Self.now) == .written(manifest))
        #expect(try await there.contents() == before)
      }
    }

    @Test("A changed day is replaced, and later manifests are updated") func changedDayIsReplaced()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let day = LedgerFixture.day
        try await fixture.work(1, on: day)
        let there = try await ExportedFiles.at(.folder, of: fixture)
        for day in [day, day.next, day.next.next] { try await there.export.run(day, now: Self.now) }
        try await fixture.work(2, on: day)
        guard case .written(let manifest) = try await there.export.run(day, now: Self.now) else {
          Issue.record("it was not replaced")
          return
        }
        #expect(manifest.files.map(\.rows) == [6, 2])
        #expect(try await there.export.verify().isSound)
      }
    }

    @Test("A day is refused if it is not over, not the next or has open transactions")
    func refusesDayThatCannotBeExported() async throws {
      try await LedgerFixture.with { fixture in
        let day = LedgerFixture.day
        try await fixture.work(1, on: day)
        let there = try await ExportedFiles.at(.folder, of: fixture)
        func code(_ day: UTCDay, _ now: Timestamp) async -> ExportError.Code? {
          do throws(ExportError) {
            try await there.export.run(day, now: now)
            return nil
          } catch {
            return error.code
          }
        }
        #expect(await code(day, LedgerFixture.time(day, hour: 23)) == .dayNotOver)
        #expect(await code(day.next, Self.now) == .earlierDayMissing)
        // Today is over by this test's clock, and the transaction began before its end.
        let today = UTCDay(of: try await fixture.pool.query("SELECT now()").only().timestamp(0))
        let far = Timestamp(microseconds: today.end.microseconds)
        try await fixture.pool.transaction(throwingAny: { transaction in
          try await transaction.query("SELECT 1")
          #expect(await code(day, far) == nil)
          try await fixture.pool.query("UPDATE usage_events SET recorded_at = now()")
          try await fixture.pool.query("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
          try await fixture.pool.query("UPDATE ledger_entries SET recorded_at = now()")
          for key in try await there.contents().keys { try await there.store.delete(key) }
          #expect(await code(today, far) == .transactionsOpen)
        })
        #expect(try await there.contents().isEmpty)
      }
    }

    @Test("An export that fails between files leaves no manifest") func failedExportLeavesNoManifest()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.work(1, on: LedgerFixture.day)
        let files = try TestFiles()
        for puts in 0..<4 {
          let store = InterceptedStore("\(files.folder)/store-\(puts)", failingAfter: puts)
          let export = DailyExport(fixture.pool, to: store, scratch: files.folder)
          await #expect(throws: ExportError.self) { try await export.run(LedgerFixture.day, now: Self.now) }
          let keys = try await store.list(prefix: "").map(\.key)
          #expect(!keys.contains { $0.hasPrefix("manifests/") } && keys.count == puts)
          #expect(try await export.state().exported.isEmpty)
        }
        #expect(files.names.allSatisfy { $0.hasPrefix("store-") }, "nothing of the way is left")
      }
    }
  }
}
