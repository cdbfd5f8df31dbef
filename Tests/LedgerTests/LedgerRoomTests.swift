import HTTP
import KindSupport
import KindTestSupport
import Ledger
import Manifests
import Model
import Planning
import Postgres
import PostgresSupport
import Reconciling
import Testing

extension LedgerTests {
  /// The kind `Ledger`: the loop in small against a real server.
  @Suite struct LedgerRoomTests {
    static let usual = #"{"payouts":{"cpuMinute":0.1}}"#
    static let context: ReconcileContext = {
      var offers = Offers()
      for name in ["platform", "other"] {
        offers.add(
          .database(DatabaseOffer(address: .embedded(database: "platform"))),
          from: ResourceID(kind: "Database", name: name))
      }
      return Fixture.reconcileContext(offers: offers)
    }()

    static func ledger(_ json: String = usual, _ name: String = "credits") throws -> Resource<LedgerSpec> {
      try Fixture.resource(LedgerSpec.self, name, json)
    }

    /// Relative folders of exports begin at the temporary folder.
    static func backend(_ books: Books, folder: String = "/tmp") -> LedgerBackend {
      let stores = ExportStores(stateFolder: folder, http: HTTPClient()) { reference throws(BackendError) in
        throw BackendError(code: "secret.missing", "there is no \(reference)")
      }
      return LedgerBackend(stores: stores) { _ in books.pool }
    }

    /// Looks, plans, applies; the summaries of what was done.
    private func converge(
      _ books: Books, _ ledger: Resource<LedgerSpec>, leaves: Bool = false, folder: String = "/tmp",
      at now: Timestamp = Fixture.now
    ) async throws -> [String] {
      let subject = Subject(id: ledger.id, desired: leaves ? nil : ledger, lastApplied: leaves ? ledger : nil)
      let backend = Self.backend(books, folder: folder)
      let context = Fixture.reconcileContext(now: now, offers: Self.context.offers)
      let seen = try await backend.observe([subject], in: context)[ledger.id]?.get() ?? nil
      let outcome = try LedgerPlanner().plan(
        leaves ? nil : ledger, seen, Fixture.context(ledger, now: now, offers: Self.context.offers))
      if let reason = outcome.waitingOn { return ["waits: \(reason)"] }
      for step in outcome.steps { try await backend.apply(step.operation, to: subject, in: context) }
      return outcome.steps.map(\.summary)
    }

    @Test func `the seeds' figures are the defaults`() throws {
      let rules = try Self.ledger().spec.rules(version: 1)
      #expect(rules.gpuMinute == Credits(micro: 400_000))
      #expect(rules.tiers.map(\.until) == [Credits(micro: 10_000_000_000), nil], "$1,000 at $0.10 a credit")
      #expect(rules.tiers.map(\.partsPerMillion) == [1_000_000, 850_000])
    }

    @Test func `books are opened, rules recorded as versions, and nothing is done twice`() async throws {
      try await Books.with { books in
        try await books.pool.query("DELETE FROM accounts WHERE name IN ('platform', 'stripe')")
        let first = try Self.ledger()
        #expect(
          try await converge(books, first) == [
            "open the books of credits in Database/platform",
            "record rules: 0.4 a GPU-minute, 0.1 a CPU-minute, developers 100% until 10000 credits, then 85%",
          ])
        #expect(try await converge(books, first) == [])
        #expect(try await books.ledger.account("platform")?.kind == .platform)
        #expect(try await books.ledger.account("stripe")?.kind == .stripeClearing)

        let second = try Self.ledger(#"{"payouts":{"cpuMinute":0.2},"effective":"2100-01-01T00:00:00Z"}"#)
        #expect(try await converge(books, second) == ["record rules, version 2 from 2100-01-01T00:00:00Z"])
        #expect(try await converge(books, second) == [])
        #expect(try await books.count("SELECT count(*) FROM ledger_rules") == 2)
        try await books.grant(100, to: "creator", key: "g")
        let receipt = try await books.ledger.execute([.hold(1, key: "now")])[0].get()
        #expect(receipt.rules == 1, "the second version is not in force yet")
        let later = try await books.ledger.execute(
          [.hold(1, key: "later")], at: Timestamp("2100-01-02T00:00:00Z"))[0].get()
        #expect(later.rules == 2)

        #expect(
          try await converge(books, second, leaves: true) == [
            "leave the books of credits alone; accounts, entries and rules stay"
          ])
        #expect(try await converge(books, second, leaves: true) == [])
        #expect(try await books.count("SELECT count(*) FROM ledger_rules") == 2)
        #expect(try await converge(books, second).first == "open the books of credits in Database/platform")
        #expect(
          try await books.count("SELECT count(*) FROM ledger_rules") == 2, "the same rules are no new version"
        )
      }
    }

    @Test(
      arguments: [
        (
          "ALTER TABLE ledger_entries DISABLE TRIGGER ALL",
          "ledger_entries_immutable, ledger_entries_kept are"
        ),
        ("DROP TRIGGER ledger_calls_kept ON ledger_calls", "ledger_calls_kept is"),
        ("ALTER TABLE accounts DROP CONSTRAINT accounts_not_overdrawn", "accounts_not_overdrawn is"),
        (
          """
          CREATE OR REPLACE FUNCTION ledger_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RETURN NEW; END $$
          """, "ledger_is_immutable is"
        ),
        (
          "CREATE OR REPLACE FUNCTION ledger_expire(call_at timestamptz, most int) RETURNS bigint LANGUAGE sql AS 'SELECT 0::bigint'",
          "ledger_expire is"
        ),
      ])
    func `whoever takes a guard off is found out, and the guard put back`(meddling: String, found: String)
      async throws
    {
      try await Books.with { books in
        let ledger = try Self.ledger()
        _ = try await converge(books, ledger)
        try await books.grant(10, to: "creator", key: "g")
        try await books.pool.script(meddling)
        let seen =
          try await Self.backend(books).observe(
            [Subject(id: ledger.id, desired: ledger, lastApplied: ledger)], in: Self.context)[ledger.id]?
          .get() ?? nil
        let steps = try LedgerPlanner().plan(ledger, seen, Fixture.context(ledger)).steps
        #expect(steps.map(\.reason) == ["\(found) missing, switched off or changed"])
        #expect(try await converge(books, ledger) == ["guard the books against changes behind their back"])
        #expect(try await converge(books, ledger) == [])
        await #expect(throws: PostgresError.self) { try await books.pool.query("DELETE FROM ledger_entries") }
        await #expect(throws: PostgresError.self) {
          try await books.pool.script("SET session_replication_role = replica; TRUNCATE ledger_entries")
        }
      }
    }

    @Test func `rules written by hand are answered with the declared ones, as another version`() async throws
    {
      try await Books.with { books in
        let ledger = try Self.ledger()
        _ = try await converge(books, ledger)
        try await books.pool.query(
          """
          INSERT INTO ledger_rules (version, platform, tier_untils, tier_shares, gpu_minute_micro, cpu_minute_micro,
            effective_from, hash) VALUES (2, 'creator', '{NULL}', '{0}', 0, 0, now(), '')
          """)
        #expect(try await converge(books, ledger) == ["record rules, version 3"])
        #expect(try await books.ledger.rules()?.rules == ledger.spec.rules(version: 3))
      }
    }

    @Test func `a database has one ledger, and books are not moved`() async throws {
      try await Books.with { books in
        _ = try await converge(books, try Self.ledger())
        let second = try Self.ledger(Self.usual, "more")
        #expect(
          try await converge(books, second) == [
            "waits: Database/platform has the books of Ledger/credits, and a database has one ledger"
          ])
        let moved = try Self.ledger(#"{"database":"Database/other","payouts":{"cpuMinute":0.1}}"#)
        let context = Fixture.context(moved, lastApplied: try Self.ledger(), offers: Self.context.offers)
        #expect(throws: PlanError.self) { try LedgerPlanner().plan(moved, nil, context) }
      }
    }

    @Test func `overdue holds are given back, and an export of the rules is what was declared`() async throws
    {
      try await Books.with { books in
        let ledger = try Self.ledger(#"{"payouts":{"cpuMinute":0.25},"developerShare":[{"share":"70%"}]}"#)
        _ = try await converge(books, ledger)
        try await books.grant(10, to: "creator", key: "g")
        let past = Timestamp(seconds: 1_700_000_000)
        _ = try await books.ledger.execute([.hold(4, key: "1"), .hold(5, key: "2")], at: past)
        #expect(try await converge(books, ledger) == ["give back what 2 holds reserve"])
        #expect(try await books.available("creator") == 10)

        let subject = Subject(id: ledger.id, desired: ledger, lastApplied: ledger)
        let seen = try #require(
          try await Self.backend(books).observe([subject], in: Self.context)[ledger.id]?.get()
            ?? nil)
        let other = try Self.ledger()
        #expect(
          LedgerExport.export(other, seen, Self.context).spec.rules(version: 1)
            == ledger.spec.rules(version: 1))
      }
    }

    @Test
    func
      `days that are over are exported at the next time of the schedule, and what was missed is made up for`()
      async throws
    {
      try await Books.with { books in
        try await TestFolder.with { folder in
          let ledger = try Self.ledger(
            #"{"payouts":{"cpuMinute":0},"export":{"schedule":"30 1 * * *","to":{"folder":"exports"}}}"#)
          _ = try await converge(books, ledger, folder: folder)
          let leg = LedgerLeg(to: "creator", Credits(micro: 5), for: "grant")
          let call = LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: "k")
          _ = try await books.ledger.execute([call], at: Timestamp("2026-11-19T10:00:00Z")!)[0].get()
          let place = "file://\(folder)/exports"
          let early = Timestamp("2026-11-20T01:29:59Z")!
          #expect(
            try await converge(books, ledger, folder: folder, at: early) == [], "it is not half past one yet")
          let later = Timestamp("2026-11-22T01:30:00Z")!
          #expect(
            try await converge(books, ledger, folder: folder, at: later)
              == (19...21).map { "export 2026-11-\($0) to \(place)" })
          #expect(try await converge(books, ledger, folder: folder, at: later) == [])
          #expect(try await books.count("SELECT sum(entries)::bigint FROM ledger_exports") == 1)
          let elsewhere = try Self.ledger(
            #"{"payouts":{"cpuMinute":0},"export":{"to":{"folder":"more"}}}"#)
          #expect(
            try await converge(books, elsewhere, folder: folder, at: later).count == 3,
            "a new place gets all days")
        }
      }
    }

    @Test(
      arguments: [
        (#"{}"#, "needs the field ‘payouts’"),
        (#"{"payouts":{"gpuMinute":0.4}}"#, "needs the field ‘cpuMinute’"),
        (#"{"payouts":{"cpuMinute":-1}}"#, "cpuMinute"),
        (#"{"payouts":{"cpuMinute":0},"developerShare":[]}"#, "developerShare"),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"100%"},{"share":"85%"}]}"#,
          "only the last share goes on for ever"
        ),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"100%","until":{"usd":5}}]}"#,
          "nobody gets what is earned after that"
        ),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"9%","until":{"usd":5}},{"share":"8%","until":{"credits":50}},{"share":"7%"}]}"#,
          "no more than the share before it goes"
        ),
        (
          #"{"credit":{"usd":0.0003},"payouts":{"cpuMinute":0}}"#, "are not a whole number of micro-credits"
        ),
        (#"{"payouts":{"cpuMinute":0},"platform":"The House"}"#, "platform"),
        (#"{"payouts":{"cpuMinute":0},"platform":"stripe"}"#, "needs itself"),
        (#"{"payouts":{"cpuMinute":0},"platform":"erased-7"}"#, "needs itself"),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"0%","until":{"usd":5}},{"share":"85%"}]}"#,
          "a share of nothing has no end"
        ),
        (#"{"payouts":{"cpuMinute":0},"export":{"to":{"folder":"../x"}}}"#, "without `..`"),
        (#"{"payouts":{"cpuMinute":0},"export":{"to":{"bucket":{"name":"b","endpoint":"s3"}}}}"#, "https://"),
      ])
    func `what cannot be meant is refused with its field`(json: String, problem: String) {
      let error = #expect(throws: Fixture.Refused.self) { try Self.ledger(json) }
      #expect(error?.description.contains(problem) == true, "\(error?.description ?? "accepted")")
    }
  }
}
