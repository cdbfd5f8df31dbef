import KindTestSupport
import Ledger
import Model
import Postgres
import RandomSupport
import Testing

extension LedgerTests {
  /// Statements follow from entries.
  @Suite struct StatementTests {
    /// 2026-11-01T00:00:00Z.
    private static let november = Timestamp("2026-11-01T00:00:00Z")!

    /// Calls of three months on three creators, four of them in each batch, with the time of the batch.
    private static func history(_ seed: UInt64) -> [(calls: [LedgerCall], at: Timestamp)] {
      var dice = SeededRandom(seed: seed)
      var hold: Int64 = 0
      return (0..<60).map { round in
        let calls = (0..<4).map { index -> LedgerCall in
          let account = "creator-\(dice.int(3))"
          let key = "\(round)-\(index)"
          let amount = Int64(1 + dice.int(2_000_000_000))
          switch dice.int(6) {
          case 0...1:
            let leg = LedgerLeg(to: account, Credits(micro: amount), for: "purchase")
            return LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: key)
          case 2...3: return .hold(amount / 3 + 1, on: account, key: key, lifetime: 864_000)
          default:
            hold += 1
            let legs = [
              LedgerLeg(to: "node_owner", Credits(micro: amount / 20 + 1), for: "payout"),
              LedgerLeg(to: "module_developer", Credits(micro: amount / 10 + 1), for: "share", sharedBy: 1),
            ]
            return LedgerCall(.capture(hold: hold, legs), on: account, key: key)
          }
        }
        return (calls, november + TimeSpan(seconds: Int64(round) * 86_400 * 3 / 2 + Int64(dice.int(80_000))))
      }
    }

    private func statements(
      of history: [(calls: [LedgerCall], at: Timestamp)], _ check: (LedgerFixture) async throws -> Void
    )
      async throws -> [String]
    {
      var texts: [String] = []
      try await LedgerFixture.with { fixture in
        try await fixture.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        try await fixture.ledger.open(["creator-0", "creator-1", "creator-2"], as: .creator)
        for (calls, at) in history { _ = try await fixture.ledger.execute(calls, at: at) }
        for account in try await fixture.ledger.accounts() {
          for (from, to) in Self.months {
            let statement = try #require(
              try await fixture.ledger.statement(of: account.name, from: from, to: to))
            texts.append(statement.value.json)
          }
        }
        try await check(fixture)
      }
      return texts
    }

    private static let months = zip(
      ["2026-11-01", "2026-12-01", "2027-01-01"], ["2026-12-01", "2027-01-01", "2027-03-01"]
    ).map { (Timestamp("\($0)T00:00:00Z")!, Timestamp("\($1)T00:00:00Z")!) }

    @Test(
      "Statements follow from entries, and the same history gives equal statements",
      arguments: [1, 2, 3, 4] as [UInt64])
    func statementsFollowFromEntries(seed: UInt64)
      async throws
    {
      let history = Self.history(seed)
      let first = try await statements(of: history) { fixture in
        #expect(try await fixture.entries() > 40, "seed \(seed): hardly anything happened")
        for account in try await fixture.ledger.accounts() {
          var balance: Int64 = 0
          for (from, to) in Self.months {
            let statement = try #require(
              try await fixture.ledger.statement(of: account.name, from: from, to: to))
            #expect(statement.opening.micro == balance, "seed \(seed): \(account.name) from \(from)")
            for line in statement.lines {
              balance += line.amount.micro
              #expect(
                line.balance.micro == balance && line.at >= from && line.at < to, "seed \(seed): \(line)")
            }
            #expect(statement.closing.micro == balance)
            #expect(statement.totals.reduce(0) { $0 + $1.amount.micro } == balance - statement.opening.micro)
          }
          #expect(account.balance.micro == balance, "seed \(seed): \(account.name)")
        }
      }
      let second = try await statements(of: history) { _ in }
      #expect(first == second, "seed \(seed)")
    }

    @Test("An unknown account has no statement, and a month without entries an empty one")
    func emptyAndMissingStatements() async throws {
      try await LedgerFixture.with { fixture in
        #expect(
          try await fixture.ledger.statement(of: "unknown", from: Self.november, to: Self.november) == nil)
        try await fixture.grant(5, to: "creator", key: "g")
        let (from, to) = (Timestamp("2100-01-01T00:00:00Z")!, Timestamp("2100-02-01T00:00:00Z")!)
        let later = try #require(try await fixture.ledger.statement(of: "creator", from: from, to: to))
        #expect(
          later.opening == Credits(micro: 5) && later.lines.isEmpty && later.closing == Credits(micro: 5))
      }
    }

    @Test("The page has purchases and usage in credits and dollars, and escapes HTML")
    func pageEscapesHTML()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let at = Timestamp("2026-11-03T10:00:00Z")!
        let leg = LedgerLeg(to: "creator", Credits(micro: 28_333_333), for: "purchase")
        let job = "<script>\"a\" & 'b'</script>"
        let call = LedgerCall(.transfer([leg], job: job), on: "stripe_clearing", key: "k")
        _ = try await fixture.ledger.execute([call], at: at)[0].get()
        let statement = try #require(
          try await fixture.ledger.statement(of: "creator", from: Self.months[0].0, to: Self.months[0].1))
        let page = StatementPage(statement, creditWorth: 1000, span: "November 2026", madeAt: at).html
        #expect(page.contains("<h1>Invoice</h1>"))
        #expect(page.contains("&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"))
        #expect(!page.contains("<script"))
        #expect(
          page.contains("+28.333333") && page.contains("$2.83"), "28.333333 credits of $0.10, to the cent")
        #expect(page.contains("One credit is worth $0.10."))
        let clearing = try #require(
          try await fixture.ledger.statement(
            of: "stripe_clearing", from: Self.months[0].0, to: Self.months[0].1))
        let other = StatementPage(clearing, creditWorth: 1000, span: "x", madeAt: at).html
        #expect(other.contains("<h1>Statement</h1>") && other.contains("−$2.83"))
      }
    }
  }
}
