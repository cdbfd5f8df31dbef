import KindTestSupport
import Ledger
import Manifests
import Model
import Planning
import Postgres
import Reconciling
import Testing

extension LedgerTests {
  /// Rare situations.
  @Suite struct CornerTests {
    @Test("A rejected call with the key of two later calls does not affect them")
    func rejectedCallLeavesKeyFree()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        try await fixture.grant(1000, to: "overflow", key: "g2")
        let results = try await fixture.ledger.execute([
          .capture(999, [("node_owner", 1)], key: "k"), .hold(5, key: "k"), .hold(5, key: "k"),
          .hold(5, on: "overflow", key: "n"),
        ])
        #expect(results.map(\.code) == [.unknownHold, nil, nil, nil])
        #expect(try await fixture.count("SELECT count(*) FROM holds") == 2)
      }
    }

    @Test("A hold with an excessive lifetime is rejected alone") func excessiveLifetimeIsRejected()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        let results = try await fixture.ledger.execute([
          .hold(5, key: "long", lifetime: 9_460_800_000_000), .hold(5, key: "n"),
        ])
        #expect(results.map(\.code) == [.invalidAmount, nil])
      }
    }

    @Test("A hold made without rules cannot be shared by later rules") func holdWithoutRulesIsNotShared()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        let hold = try #require(try await fixture.ledger.execute([.hold(100, key: "h")])[0].get().hold)
        try await fixture.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        let leg = LedgerLeg(to: "module_developer", Credits(micro: 100), for: "share", sharedBy: 1)
        let call = LedgerCall(.capture(hold: hold, [leg]), on: "creator", key: "c")
        #expect(try await fixture.ledger.execute([call])[0].code == .otherRules)
      }
    }

    private static func tiers(_ tiers: [(Int64?, Int64)]) -> LedgerRules {
      LedgerRules(
        version: 1, platform: "platform", gpuMinute: Credits(micro: 0), cpuMinute: Credits(micro: 0),
        tiers: tiers.map { .init(until: $0.0.map(Credits.init(micro:)), partsPerMillion: $0.1) })
    }

    private static func share(_ amount: Int64, to developer: String, _ fixture: LedgerFixture, key: String)
      async throws
    {
      let hold = try #require(try await fixture.ledger.execute([.hold(amount, key: "h\(key)")])[0].get().hold)
      let leg = LedgerLeg(to: developer, Credits(micro: amount), for: "share", sharedBy: 1)
      let call = LedgerCall(.capture(hold: hold, [leg]), on: "creator", key: "c\(key)")
      _ = try await fixture.ledger.execute([call])[0].get()
    }

    @Test("A developer who uses their own module pays the platform by the same tiers")
    func ownModulePaysPlatformByTiers() async throws {
      try await LedgerFixture.with { fixture in
        let rules = Self.tiers([(100, 1_000_000), (200, 500_000), (nil, 0)])
        try await fixture.ledger.record(rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(1000, to: "creator", key: "g")
        try await Self.share(300, to: "creator", fixture, key: "own")
        #expect(
          try await fixture.available("platform") == 150,
          "0 of the first 100, 50 of the next, all of the last")
      }
    }

    @Test("An erasure that waits for a new hold is refused") func erasureSeesConcurrentHold() async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        let refusal = try await withThrowingTaskGroup(of: ErasureError.Code?.self) { group in
          try await fixture.pool.transaction(throwingAny: { transaction in
            _ = try await LedgerStore.execute([.hold(100, key: "h")], in: transaction)[0].get()
            group.addTask { await Self.refusal(erasing: "creator", in: fixture) }
            try await fixture.waitUntilBlocked()
          })
          return try await group.next() ?? nil
        }
        #expect(refusal == .openHolds)
      }
    }

    private static func refusal(erasing name: String, in fixture: LedgerFixture) async -> ErasureError.Code? {
      do throws(ErasureError) {
        _ = try await LedgerErasure.erase(name, by: "operator", in: fixture.pool)
        return nil
      } catch {
        return error.code
      }
    }

    @Test(
      "An ineffective guard is drift",
      arguments: [
        """
        CREATE OR REPLACE TRIGGER ledger_entries_immutable BEFORE UPDATE OR DELETE ON ledger_entries
          FOR EACH ROW WHEN (false) EXECUTE FUNCTION ledger_is_immutable();
        ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_immutable
        """,
        """
        ALTER TABLE accounts DROP CONSTRAINT accounts_not_overdrawn;
        ALTER TABLE accounts ADD CONSTRAINT accounts_not_overdrawn CHECK (true)
        """,
      ]) func ineffectiveGuardIsDrift(statement: String) async throws
    {
      try await LedgerFixture.with { fixture in
        let ledger = try LedgerKindTests.ledger()
        let subject = Subject(id: ledger.id, desired: ledger, lastApplied: ledger)
        let backend = LedgerKindTests.backend(fixture)
        try await backend.apply(.open, to: subject, in: LedgerKindTests.context)
        try await fixture.pool.script(statement)
        let seen = try await backend.observe([subject], in: LedgerKindTests.context)[ledger.id]?.get() ?? nil
        #expect(seen?.unguarded.count == 1)
      }
    }

    @Test("Guards are restored while batches run, and no batch fails") func restoringGuardsFailsNoBatch()
      async throws
    {
      try await LedgerFixture.with(connections: 8) { fixture in
        try await fixture.grant(1_000_000, to: "creator", key: "g")
        try await withThrowingTaskGroup(of: Void.self) { group in
          for worker in 0..<6 {
            group.addTask {
              for round in 0..<40 {
                let legs = [LedgerLeg(to: "platform", Credits(micro: 1), for: "payout")]
                let calls = (0..<4).map {
                  LedgerCall(.transfer(legs, job: ""), on: "creator", key: "\(worker)-\(round)-\($0)")
                }
                for result in try await fixture.ledger.execute(calls) { _ = try result.get() }
              }
            }
          }
          group.addTask {
            for _ in 0..<20 {
              try await fixture.pool.script(
                """
                ALTER TABLE accounts DROP CONSTRAINT accounts_not_overdrawn;
                DROP TRIGGER accounts_begin ON accounts
                """)
              try await fixture.ledger.installTriggers()
            }
          }
          try await group.waitForAll()
        }
        #expect(try await fixture.available("platform") == 960)
      }
    }

    @Test("Of two ledgers that are opened concurrently one succeeds") func oneOfTwoLedgersIsOpened()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let backend = LedgerKindTests.backend(fixture)
        for name in ["one", "two"] {
          let ledger = try LedgerKindTests.ledger(LedgerKindTests.usual, name)
          let subject = Subject(id: ledger.id, desired: ledger, lastApplied: nil)
          // Both were planned before either was opened.
          try? await backend.apply(.open, to: subject, in: LedgerKindTests.context)
        }
        #expect(try await fixture.count("SELECT count(*) FROM ledgers") == 1)
      }
    }

    @Test("Rules for a later time can be put in force at once") func laterRulesCanTakeEffectAtOnce()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let ledger = try LedgerKindTests.ledger()
        try await fixture.ledger.recordNext(
          ledger.spec.rules(version: 0), effective: Timestamp("2100-01-01T00:00:00Z")!)
        try await fixture.ledger.recordNext(ledger.spec.rules(version: 0), effective: nil)
        #expect(
          try await fixture.count("SELECT count(*) FROM ledger_rules WHERE effective_from <= now()") == 1)
      }
    }

    @Test("Two ledgers of one database do not record rules in turns") func twoLedgersDoNotRecordRulesInTurns()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let ledgers = [
          try LedgerKindTests.ledger(#"{"payouts":{"cpuMinute":0.1}}"#, "one"),
          try LedgerKindTests.ledger(#"{"payouts":{"cpuMinute":0.2}}"#, "two"),
        ]
        let backend = LedgerKindTests.backend(fixture)
        for _ in 0..<4 {
          var plans: [(Subject<LedgerSpec>, [Step<LedgerOperation>])] = []
          // Each pass observes both before it changes either.
          for ledger in ledgers {
            let subject = Subject(id: ledger.id, desired: ledger, lastApplied: nil)
            let seen =
              try await backend.observe([subject], in: LedgerKindTests.context)[ledger.id]?.get() ?? nil
            let context = Fixture.context(ledger, offers: LedgerKindTests.context.offers)
            plans.append((subject, try LedgerPlanner().plan(ledger, seen, context).steps))
          }
          for (subject, steps) in plans {
            for step in steps {
              try? await backend.apply(step.operation, to: subject, in: LedgerKindTests.context)
            }
          }
        }
        #expect(try await fixture.count("SELECT count(*) FROM ledger_rules") == 1)
      }
    }

    @Test("A node that reports an excessive time is paid the price") func excessiveTimePaysPrice() {
      let rules = LedgerRules(
        version: 1, platform: "platform", gpuMinute: Credits(micro: 400_000), cpuMinute: Credits(micro: 0),
        tiers: [])
      #expect(
        rules.payout(for: .init(gpu: 1_500_000_000_000_000_000), of: Credits(micro: 5)) == Credits(micro: 5))
    }

    @Test("A developer who is erased before a settlement is paid") func erasedDeveloperIsPaid() async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(1000, to: "creator", key: "g")
        let hold = try #require(try await fixture.ledger.execute([.hold(100, key: "h")])[0].get().hold)
        try await fixture.ledger.record([
          UsageEvent(
            attempt: "a", job: "j", module: "m", account: "creator", hold: hold, node: "node_owner",
            developer: "module_developer", usage: .init(), price: Credits(micro: 100))
        ])
        // The settlement has read the names and waits for the payer's account.
        let settlement = try await withThrowingTaskGroup(of: LedgerStore.Settlement.self) { group in
          try await fixture.pool.transaction(throwingAny: { transaction in
            try await transaction.query("SELECT 1 FROM accounts WHERE name = 'creator' FOR UPDATE")
            group.addTask { try await fixture.ledger.settle() }
            try await fixture.waitUntilBlocked()
            try await transaction.query(
              "UPDATE accounts SET name = 'erased-0' WHERE name = 'module_developer'")
          })
          return try await group.next()
        }
        #expect(settlement?.refused == [:] && settlement?.settled == 0)
        #expect(try await fixture.ledger.settle().settled == 1, "by the name that the developer has now")
      }
    }

    @Test("Changes of rules, holds and kinds are detected") func changesOfRulesAndHoldsAreDetected()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(1000, to: "creator", key: "g")
        try await Self.share(60, to: "module_developer", fixture, key: "1")
        for (table, change) in [
          ("ledger_entries", "hold = 4711"), ("ledger_rules", "tier_shares = ARRAY[0, 0]"),
          ("holds", "captured_micro = 1"), ("accounts", "kind = 'stripe_clearing'"),
        ] {
          try await fixture.pool.query("ALTER TABLE \(table) DISABLE TRIGGER USER")
          try await fixture.pool.query("UPDATE \(table) SET \(change)")
          #expect(try await !LedgerProof(fixture.pool).verify().isSound, "\(table): \(change)")
        }
      }
    }

    @Test("Extreme numbers that were written by hand are detected") func extremeNumbersAreDetected()
      async throws
    {
      try await LedgerFixture.with { fixture in
        for key in ["a", "b"] { try await fixture.grant(5, to: "creator", key: key) }
        try await fixture.pool.query("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
        try await fixture.pool.query("UPDATE ledger_entries SET gross_micro = 9223372036854775807")
        #expect(try await !LedgerProof(fixture.pool).verify().isSound)
      }
    }
  }
}
