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
  /// The kind `Ledger`: a small control loop against a real server.
  @Suite struct LedgerKindTests {
    static let usual = #"{"payouts":{"cpuMinute":0.1}}"#
    static let context: ReconcileContext = {
      var offers = Offers()
      for name in ["platform", "other"] {
        offers.add(
          .database(DatabaseOffer(address: .embedded(database: name))),
          from: ResourceID(kind: "Database", name: name))
      }
      return Fixture.reconcileContext(offers: offers)
    }()

    static func ledger(_ json: String = usual, _ name: String = "credits") throws -> Resource<LedgerSpec> {
      try Fixture.resource(LedgerSpec.self, name, json)
    }

    /// Relative folders of exports are in the temporary folder.
    static func backend(_ fixture: LedgerFixture, folder: String = "/tmp") -> LedgerBackend {
      let stores = ExportStores(stateFolder: folder, http: HTTPClient()) { reference throws(BackendError) in
        throw BackendError(code: "secret.missing", "there is no \(reference)")
      }
      return LedgerBackend(stores: stores) { _ in fixture.pool }
    }

    /// Observes, plans and applies. Returns the summaries of the applied steps.
    private func converge(
      _ fixture: LedgerFixture, _ ledger: Resource<LedgerSpec>, leaves: Bool = false, folder: String = "/tmp",
      at now: Timestamp = Fixture.now
    ) async throws -> [String] {
      let subject = Subject(id: ledger.id, desired: leaves ? nil : ledger, lastApplied: leaves ? ledger : nil)
      let backend = Self.backend(fixture, folder: folder)
      let context = Fixture.reconcileContext(now: now, offers: Self.context.offers)
      let seen = try await backend.observe([subject], in: context)[ledger.id]?.get() ?? nil
      let outcome = try LedgerPlanner().plan(
        leaves ? nil : ledger, seen, Fixture.context(ledger, now: now, offers: Self.context.offers))
      if let reason = outcome.waitingOn { return ["waits: \(reason)"] }
      for step in outcome.steps { try await backend.apply(step.operation, to: subject, in: context) }
      return outcome.steps.map(\.summary)
    }

    @Test("The defaults are the seeds' figures") func defaultsAreSeedFigures() throws {
      let rules = try Self.ledger().spec.rules(version: 1)
      #expect(rules.gpuMinute == Credits(micro: 400_000))
      #expect(rules.tiers.map(\.until) == [Credits(micro: 10_000_000_000), nil], "$1,000 at $0.10 a credit")
      #expect(rules.tiers.map(\.partsPerMillion) == [1_000_000, 850_000])
    }

    @Test("A ledger is opened once, and rules are recorded as versions") func opensLedgerAndRecordsRules()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.pool.query("DELETE FROM accounts WHERE name IN ('platform', 'stripe')")
        let first = try Self.ledger()
        #expect(
          try await converge(fixture, first) == [
            "open the ledger credits in Database/platform",
            "record rules: 0.4 a GPU-minute, 0.1 a CPU-minute, developers 100% until 10000 credits, then 85%",
          ])
        #expect(try await converge(fixture, first) == [])
        #expect(try await fixture.ledger.account("platform")?.kind == .platform)
        #expect(try await fixture.ledger.account("stripe")?.kind == .stripeClearing)

        let second = try Self.ledger(#"{"payouts":{"cpuMinute":0.2},"effective":"2100-01-01T00:00:00Z"}"#)
        #expect(try await converge(fixture, second) == ["record rules, version 2 from 2100-01-01T00:00:00Z"])
        #expect(try await converge(fixture, second) == [])
        #expect(try await fixture.count("SELECT count(*) FROM ledger_rules") == 2)
        try await fixture.grant(100, to: "creator", key: "g")
        let receipt = try await fixture.ledger.execute([.hold(1, key: "now")])[0].get()
        #expect(receipt.rules == 1, "the second version is not in force yet")
        let later = try await fixture.ledger.execute(
          [.hold(1, key: "later")], at: Timestamp("2100-01-02T00:00:00Z"))[0].get()
        #expect(later.rules == 2)

        #expect(
          try await converge(fixture, second, leaves: true) == [
            "release the ledger credits; accounts, entries and rules stay"
          ])
        #expect(try await converge(fixture, second, leaves: true) == [])
        #expect(try await fixture.count("SELECT count(*) FROM ledger_rules") == 2)
        #expect(try await converge(fixture, second).first == "open the ledger credits in Database/platform")
        #expect(
          try await fixture.count("SELECT count(*) FROM ledger_rules") == 2,
          "equal rules are not a new version"
        )
      }
    }

    @Test(
      "A removed guard is detected and restored",
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
          """
          CREATE OR REPLACE FUNCTION ledger_expire(call_at timestamptz, most int) RETURNS bigint
          LANGUAGE sql AS 'SELECT 0::bigint'
          """, "ledger_expire is"
        ),
      ])
    func removedGuardIsRestored(statement: String, found: String)
      async throws
    {
      try await LedgerFixture.with { fixture in
        let ledger = try Self.ledger()
        _ = try await converge(fixture, ledger)
        try await fixture.grant(10, to: "creator", key: "g")
        try await fixture.pool.script(statement)
        let seen =
          try await Self.backend(fixture).observe(
            [Subject(id: ledger.id, desired: ledger, lastApplied: ledger)], in: Self.context)[ledger.id]?
          .get() ?? nil
        let steps = try LedgerPlanner().plan(ledger, seen, Fixture.context(ledger)).steps
        #expect(steps.map(\.reason) == ["\(found) missing, disabled or changed"])
        #expect(
          try await converge(fixture, ledger) == [
            "install the triggers, functions and constraints of the ledger"
          ])
        #expect(try await converge(fixture, ledger) == [])
        await #expect(throws: PostgresError.self) {
          try await fixture.pool.query("DELETE FROM ledger_entries")
        }
        await #expect(throws: PostgresError.self) {
          try await fixture.pool.script("SET session_replication_role = replica; TRUNCATE ledger_entries")
        }
      }
    }

    @Test("Rules that were inserted by hand are superseded by the declared ones")
    func foreignRulesAreSuperseded() async throws {
      try await LedgerFixture.with { fixture in
        let ledger = try Self.ledger()
        _ = try await converge(fixture, ledger)
        try await fixture.pool.query(
          """
          INSERT INTO ledger_rules (version, platform, tier_untils, tier_shares, gpu_minute_micro,
            cpu_minute_micro, effective_from, hash) VALUES (2, 'creator', '{NULL}', '{0}', 0, 0, now(), '')
          """)
        #expect(try await converge(fixture, ledger) == ["record rules, version 3"])
        #expect(try await fixture.ledger.rules()?.rules == ledger.spec.rules(version: 3))
      }
    }

    @Test("A database has one ledger, which cannot be moved") func databaseHasOneLedger() async throws {
      try await LedgerFixture.with { fixture in
        _ = try await converge(fixture, try Self.ledger())
        let second = try Self.ledger(Self.usual, "more")
        #expect(
          try await converge(fixture, second) == [
            "waits: Database/platform already has Ledger/credits, and a database has one ledger"
          ])
        let moved = try Self.ledger(#"{"database":"Database/other","payouts":{"cpuMinute":0.1}}"#)
        let context = Fixture.context(moved, lastApplied: try Self.ledger(), offers: Self.context.offers)
        #expect(throws: PlanError.self) { try LedgerPlanner().plan(moved, nil, context) }
      }
    }

    @Test("A renamed ledger keeps its rules, and its former name releases nothing") func renamedLedger()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let old = try Self.ledger()
        _ = try await converge(fixture, old)
        let new = try Self.ledger(Self.usual, "points")
        let context = Fixture.reconcileContext(
          offers: Self.context.offers, moves: Moves([Move(from: old.id, to: new.id)]))
        let kind = KindFixture(LedgerPlanner(), Self.backend(fixture))
        #expect(
          try await kind.apply(new.id, new, movedFrom: old, in: context).map(\.summary) == [
            "rename the ledger credits to points"
          ])
        #expect(try await kind.apply(new.id, new, movedFrom: old, in: context).isEmpty)
        #expect(try await kind.apply(old.id, nil, lastApplied: old, in: context).isEmpty)
        #expect(try await kind.apply(new.id, new, lastApplied: new, in: Self.context).isEmpty)
        #expect(try await fixture.count("SELECT count(*) FROM ledger_rules") == 1)
      }
    }

    @Test("A ledger claims the ledger of its database and the destination of its export")
    func claims() throws {
      let address = DatabaseAddress.embedded(database: "platform")
      func claims(_ destination: String, controller: String = "test") throws -> [ThingClaim] {
        let ledger = try Self.ledger(
          #"{"payouts":{"cpuMinute":0},"export":{"to":\#(destination)}}"#)
        return LedgerClaims(stateFolder: "/state").claims(
          of: ledger,
          in: ClaimContext(
            environment: "test", controller: controller, environmentMark: "test",
            offers: Self.context.offers))
      }
      #expect(
        try claims(#"{"folder":"exports"}"#) == [
          ThingClaim(.ledger(in: address), field: "spec.database", role: "ledger"),
          ThingClaim(
            .folder(path: "/state/exports"), field: "spec.export.to.folder", role: "export"),
        ])
      #expect(
        try claims(#"{"folder":"exports"}"#, controller: "").last?.thing == .folder(path: "exports"),
        "no state folder is known")
      #expect(
        try claims(#"{"bucket":{"name":"b","endpoint":"https://s3.test","prefix":"p/"}}"#).last?.thing
          == .bucketPrefix(endpoint: "https://s3.test", bucket: "b", prefix: "p/"))
    }

    @Test("Overdue holds are released, and exported rules equal the declared ones")
    func releasesOverdueHoldsAndExportsRules() async throws {
      try await LedgerFixture.with { fixture in
        let ledger = try Self.ledger(#"{"payouts":{"cpuMinute":0.25},"developerShare":[{"share":"70%"}]}"#)
        _ = try await converge(fixture, ledger)
        try await fixture.grant(10, to: "creator", key: "g")
        let past = Timestamp(seconds: 1_700_000_000)
        _ = try await fixture.ledger.execute([.hold(4, key: "1"), .hold(5, key: "2")], at: past)
        #expect(try await converge(fixture, ledger) == ["release the credits of 2 overdue holds"])
        #expect(try await fixture.available("creator") == 10)

        let subject = Subject(id: ledger.id, desired: ledger, lastApplied: ledger)
        let seen = try #require(
          try await Self.backend(fixture).observe([subject], in: Self.context)[ledger.id]?.get()
            ?? nil)
        let other = try Self.ledger()
        #expect(
          LedgerExport.export(other, seen, Self.context).spec.rules(version: 1)
            == ledger.spec.rules(version: 1))
      }
    }

    @Test("Past days are exported at the next time of the schedule, missed days too")
    func exportsPastDaysOnSchedule()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await TestFolder.with { folder in
          let ledger = try Self.ledger(
            #"{"payouts":{"cpuMinute":0},"export":{"schedule":"30 1 * * *","to":{"folder":"exports"}}}"#)
          _ = try await converge(fixture, ledger, folder: folder)
          let leg = LedgerLeg(to: "creator", Credits(micro: 5), for: "grant")
          let call = LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: "k")
          _ = try await fixture.ledger.execute([call], at: Timestamp("2026-11-19T10:00:00Z")!)[0].get()
          let destination = "file://\(folder)/exports"
          let early = Timestamp("2026-11-20T01:29:59Z")!
          #expect(
            try await converge(fixture, ledger, folder: folder, at: early) == [],
            "it is not half past one yet")
          let later = Timestamp("2026-11-22T01:30:00Z")!
          #expect(
            try await converge(fixture, ledger, folder: folder, at: later)
              == (19...21).map { "export 2026-11-\($0) to \(destination)" })
          #expect(try await converge(fixture, ledger, folder: folder, at: later) == [])
          #expect(try await fixture.count("SELECT sum(entries)::bigint FROM ledger_exports") == 1)
          let elsewhere = try Self.ledger(
            #"{"payouts":{"cpuMinute":0},"export":{"to":{"folder":"more"}}}"#)
          #expect(
            try await converge(fixture, elsewhere, folder: folder, at: later).count == 3,
            "a new destination receives all days")
        }
      }
    }

    @Test(
      "An invalid spec is refused with its field",
      arguments: [
        (#"{}"#, "needs the field ‘payouts’"),
        (#"{"payouts":{"gpuMinute":0.4}}"#, "needs the field ‘cpuMinute’"),
        (#"{"payouts":{"cpuMinute":-1}}"#, "cpuMinute"),
        (#"{"payouts":{"cpuMinute":0},"developerShare":[]}"#, "developerShare"),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"100%"},{"share":"85%"}]}"#,
          "only the last share has no end"
        ),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"100%","until":{"usd":5}}]}"#,
          "no share covers what is earned after that"
        ),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"9%","until":{"usd":5}},"#
            + #"{"share":"8%","until":{"credits":50}},{"share":"7%"}]}"#,
          "is not above the end of the share before it"
        ),
        (
          #"{"credit":{"usd":0.0003},"payouts":{"cpuMinute":0}}"#, "are not a whole number of micro-credits"
        ),
        (#"{"payouts":{"cpuMinute":0},"platform":"The Platform"}"#, "platform"),
        (#"{"payouts":{"cpuMinute":0},"platform":"stripe"}"#, "is reserved by the ledger"),
        (#"{"payouts":{"cpuMinute":0},"platform":"erased-7"}"#, "is reserved by the ledger"),
        (
          #"{"payouts":{"cpuMinute":0},"developerShare":[{"share":"0%","until":{"usd":5}},{"share":"85%"}]}"#,
          "a share of 0% never ends"
        ),
        (#"{"payouts":{"cpuMinute":0},"export":{"to":{"folder":"../x"}}}"#, "without `..`"),
        (#"{"payouts":{"cpuMinute":0},"export":{"to":{"bucket":{"name":"b","endpoint":"s3"}}}}"#, "https://"),
      ])
    func refusesInvalidSpec(json: String, problem: String) {
      let error = #expect(throws: Fixture.Refused.self) { try Self.ledger(json) }
      #expect(error?.description.contains(problem) == true, "\(error?.description ?? "accepted")")
    }
  }
}
