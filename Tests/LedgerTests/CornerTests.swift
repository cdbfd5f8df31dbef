import KindTestSupport
import Ledger
import Manifests
import Model
import Planning
import Postgres
import Reconciling
import Testing

extension LedgerTests {
  /// What seldom happens, and must come out right all the same.
  @Suite struct CornerTests {
    @Test
    func `a refused call under a key that two later calls of the batch share fails none of its neighbours`()
      async throws
    {
      try await Books.with { books in
        try await books.grant(1000, to: "creator", key: "g")
        try await books.grant(1000, to: "overflow", key: "g2")
        let results = try await books.ledger.execute([
          .capture(999, [("node_owner", 1)], key: "k"), .hold(5, key: "k"), .hold(5, key: "k"),
          .hold(5, on: "overflow", key: "n"),
        ])
        #expect(results.map(\.code) == [.unknownHold, nil, nil, nil])
        #expect(try await books.count("SELECT count(*) FROM holds") == 2)
      }
    }

    @Test func `a hold for longer than time lasts is refused alone`() async throws {
      try await Books.with { books in
        try await books.grant(1000, to: "creator", key: "g")
        let results = try await books.ledger.execute([
          .hold(5, key: "long", lifetime: 9_460_800_000_000), .hold(5, key: "n"),
        ])
        #expect(results.map(\.code) == [.invalidAmount, nil])
      }
    }

    @Test func `a hold made without rules is shared by none that came later`() async throws {
      try await Books.with { books in
        try await books.grant(1000, to: "creator", key: "g")
        let hold = try #require(try await books.ledger.execute([.hold(100, key: "h")])[0].get().hold)
        try await books.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        let leg = LedgerLeg(to: "module_developer", Credits(micro: 100), for: "share", sharedBy: 1)
        let call = LedgerCall(.capture(hold: hold, [leg]), on: "creator", key: "c")
        #expect(try await books.ledger.execute([call])[0].code == .otherRules)
      }
    }

    private static func tiers(_ tiers: [(Int64?, Int64)]) -> LedgerRules {
      LedgerRules(
        version: 1, platform: "platform", gpuMinute: Credits(micro: 0), cpuMinute: Credits(micro: 0),
        tiers: tiers.map { .init(until: $0.0.map(Credits.init(micro:)), partsPerMillion: $0.1) })
    }

    private static func share(_ amount: Int64, to developer: String, _ books: Books, key: String) async throws
    {
      let hold = try #require(try await books.ledger.execute([.hold(amount, key: "h\(key)")])[0].get().hold)
      let leg = LedgerLeg(to: developer, Credits(micro: amount), for: "share", sharedBy: 1)
      let call = LedgerCall(.capture(hold: hold, [leg]), on: "creator", key: "c\(key)")
      _ = try await books.ledger.execute([call])[0].get()
    }

    @Test func `whoever uses their own module pays the platform by the same tiers`() async throws {
      try await Books.with { books in
        let rules = Self.tiers([(100, 1_000_000), (200, 500_000), (nil, 0)])
        try await books.ledger.record(rules, effective: Timestamp(seconds: 0))
        try await books.grant(1000, to: "creator", key: "g")
        try await Self.share(300, to: "creator", books, key: "own")
        #expect(
          try await books.available("platform") == 150, "0 of the first 100, 50 of the next, all of the last")
      }
    }

    @Test func `nobody is erased whose hold was opened while the eraser waited`() async throws {
      try await Books.with { books in
        try await books.grant(1000, to: "creator", key: "g")
        let refusal = try await withThrowingTaskGroup(of: ErasureError.Code?.self) { group in
          try await books.pool.transaction(throwingAny: { transaction in
            _ = try await LedgerStore.execute([.hold(100, key: "h")], in: transaction)[0].get()
            group.addTask { await Self.refusal(erasing: "creator", in: books) }
            try await books.untilSomebodyWaits()
          })
          return try await group.next() ?? nil
        }
        #expect(refusal == .openHolds)
      }
    }

    private static func refusal(erasing name: String, in books: Books) async -> ErasureError.Code? {
      do throws(ErasureError) {
        _ = try await LedgerErasure.erase(name, by: "operator", in: books.pool)
        return nil
      } catch {
        return error.code
      }
    }

    @Test(arguments: [
      """
      CREATE OR REPLACE TRIGGER ledger_entries_immutable BEFORE UPDATE OR DELETE ON ledger_entries
        FOR EACH ROW WHEN (false) EXECUTE FUNCTION ledger_is_immutable();
      ALTER TABLE ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_immutable
      """,
      """
      ALTER TABLE accounts DROP CONSTRAINT accounts_not_overdrawn;
      ALTER TABLE accounts ADD CONSTRAINT accounts_not_overdrawn CHECK (true)
      """,
    ]) func `a guard that guards nothing is drift`(statement: String) async throws {
      try await Books.with { books in
        let ledger = try LedgerRoomTests.ledger()
        let subject = Subject(id: ledger.id, desired: ledger, lastApplied: ledger)
        let backend = LedgerRoomTests.backend(books)
        try await backend.apply(.open, to: subject, in: LedgerRoomTests.context)
        try await books.pool.script(statement)
        let seen = try await backend.observe([subject], in: LedgerRoomTests.context)[ledger.id]?.get() ?? nil
        #expect(seen?.unguarded.count == 1)
      }
    }

    @Test func `guards are put back while batches run, and no batch fails for that`() async throws {
      try await Books.with(connections: 8) { books in
        try await books.grant(1_000_000, to: "creator", key: "g")
        try await withThrowingTaskGroup(of: Void.self) { group in
          for worker in 0..<6 {
            group.addTask {
              for round in 0..<40 {
                let legs = [LedgerLeg(to: "platform", Credits(micro: 1), for: "payout")]
                let calls = (0..<4).map {
                  LedgerCall(.transfer(legs, job: ""), on: "creator", key: "\(worker)-\(round)-\($0)")
                }
                for result in try await books.ledger.execute(calls) { _ = try result.get() }
              }
            }
          }
          group.addTask {
            for _ in 0..<20 {
              try await books.pool.script(
                """
                ALTER TABLE accounts DROP CONSTRAINT accounts_not_overdrawn; DROP TRIGGER accounts_begin ON accounts
                """)
              try await books.ledger.installTriggers()
            }
          }
          try await group.waitForAll()
        }
        #expect(try await books.available("platform") == 960)
      }
    }

    @Test func `of two ledgers that are opened at the same time one gets the books`() async throws {
      try await Books.with { books in
        let backend = LedgerRoomTests.backend(books)
        for name in ["one", "two"] {
          let ledger = try LedgerRoomTests.ledger(LedgerRoomTests.usual, name)
          let subject = Subject(id: ledger.id, desired: ledger, lastApplied: nil)
          // Both were planned before either was there.
          try? await backend.apply(.open, to: subject, in: LedgerRoomTests.context)
        }
        #expect(try await books.count("SELECT count(*) FROM ledgers") == 1)
      }
    }

    @Test func `rules for later take force at once when the manifest says so`() async throws {
      try await Books.with { books in
        let ledger = try LedgerRoomTests.ledger()
        try await books.ledger.recordNext(
          ledger.spec.rules(version: 0), effective: Timestamp("2100-01-01T00:00:00Z")!)
        try await books.ledger.recordNext(ledger.spec.rules(version: 0), effective: nil)
        #expect(try await books.count("SELECT count(*) FROM ledger_rules WHERE effective_from <= now()") == 1)
      }
    }

    @Test func `two ledgers of one database do not record rules against each other for ever`() async throws {
      try await Books.with { books in
        let ledgers = [
          try LedgerRoomTests.ledger(#"{"payouts":{"cpuMinute":0.1}}"#, "one"),
          try LedgerRoomTests.ledger(#"{"payouts":{"cpuMinute":0.2}}"#, "two"),
        ]
        let backend = LedgerRoomTests.backend(books)
        for _ in 0..<4 {
          var plans: [(Subject<LedgerSpec>, [Step<LedgerOperation>])] = []
          // A pass looks at both before it changes either.
          for ledger in ledgers {
            let subject = Subject(id: ledger.id, desired: ledger, lastApplied: nil)
            let seen =
              try await backend.observe([subject], in: LedgerRoomTests.context)[ledger.id]?.get() ?? nil
            let context = Fixture.context(ledger, offers: LedgerRoomTests.context.offers)
            plans.append((subject, try LedgerPlanner().plan(ledger, seen, context).steps))
          }
          for (subject, steps) in plans {
            for step in steps {
              try? await backend.apply(step.operation, to: subject, in: LedgerRoomTests.context)
            }
          }
        }
        #expect(try await books.count("SELECT count(*) FROM ledger_rules") == 1)
      }
    }

    @Test func `a node that says it worked for ages is paid the price`() {
      let rules = LedgerRules(
        version: 1, platform: "platform", gpuMinute: Credits(micro: 400_000), cpuMinute: Credits(micro: 0),
        tiers: [])
      #expect(
        rules.payout(for: .init(gpu: 1_500_000_000_000_000_000), of: Credits(micro: 5)) == Credits(micro: 5))
    }

    @Test func `a developer erased before they are paid is paid`() async throws {
      try await Books.with { books in
        try await books.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        try await books.grant(1000, to: "creator", key: "g")
        let hold = try #require(try await books.ledger.execute([.hold(100, key: "h")])[0].get().hold)
        try await books.ledger.record([
          UsageEvent(
            attempt: "a", job: "j", module: "m", account: "creator", hold: hold, node: "node_owner",
            developer: "module_developer", usage: .init(), price: Credits(micro: 100))
        ])
        // Whoever settles has read the names and waits for the payer's account.
        let settlement = try await withThrowingTaskGroup(of: LedgerStore.Settlement.self) { group in
          try await books.pool.transaction(throwingAny: { transaction in
            try await transaction.query("SELECT 1 FROM accounts WHERE name = 'creator' FOR UPDATE")
            group.addTask { try await books.ledger.settle() }
            try await books.untilSomebodyWaits()
            try await transaction.query(
              "UPDATE accounts SET name = 'erased-0' WHERE name = 'module_developer'")
          })
          return try await group.next()
        }
        #expect(settlement?.refused == [:] && settlement?.settled == 0)
        #expect(try await books.ledger.settle().settled == 1, "by the name that the developer has now")
      }
    }

    @Test func `what the rules or an entry's hold were changed to is found`() async throws {
      try await Books.with { books in
        try await books.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        try await books.grant(1000, to: "creator", key: "g")
        try await Self.share(60, to: "module_developer", books, key: "1")
        for (table, change) in [
          ("ledger_entries", "hold = 4711"), ("ledger_rules", "tier_shares = ARRAY[0, 0]"),
          ("holds", "captured_micro = 1"), ("accounts", "kind = 'stripe_clearing'"),
        ] {
          try await books.pool.query("ALTER TABLE \(table) DISABLE TRIGGER USER")
          try await books.pool.query("UPDATE \(table) SET \(change)")
          #expect(try await !LedgerProof(books.pool).verify().isSound, "\(table): \(change)")
        }
      }
    }

    @Test func `numbers that somebody wrote by hand are told, whatever they are`() async throws {
      try await Books.with { books in
        for key in ["a", "b"] { try await books.grant(5, to: "creator", key: key) }
        try await books.pool.query("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
        try await books.pool.query("UPDATE ledger_entries SET gross_micro = 9223372036854775807")
        #expect(try await !LedgerProof(books.pool).verify().isSound)
      }
    }
  }
}
