import Billing
import Ledger
import Model
import Postgres
import PostgresSupport
import Testing

extension PurchaseTests {
  /// Live and test events do not mix in one database.
  @Suite(.timeLimit(.minutes(5))) struct BooksModeTests {
    @Test func `books with purchases are of their mode, and settled letters lose what Stripe sent`()
      async throws
    {
      try await TestDatabase.with(connections: 2) { pool in
        let all = Billing.migrations + Ledger.migrations
        try await Migrations(all.filter { $0.number < 4 }).apply(to: pool)
        try await pool.query(
          """
          INSERT INTO billing_purchases (session, account, lines, credits_micro, currency, amount, is_live, session_created_at)
          VALUES ('cs_1', 'ada', '[]', 1, 'usd', 1, false, now())
          """)
        try await pool.query(
          """
          INSERT INTO billing_dead_letters (event, type, subject, reason, message, payload, resolved_at, resolution)
          VALUES ('a', 't', '', 'unpaid', '', 'x', NULL, NULL), ('b', 't', '', 'unpaid', '', 'x', now(), 'done')
          """)
        try await Migrations(all).apply(to: pool)
        #expect(try await pool.query("SELECT is_live FROM billing_mode").only().bool(0) == false)
        let kept = try await pool.query("SELECT event FROM billing_dead_letters WHERE payload IS NOT NULL")
          .only()
        #expect(try kept.text(0) == "a")
      }
    }

    @Test func `a test event kept for another reason than its mode is not credited by a replay either`()
      async throws
    {
      try await Till.with { (till) async throws in
        let test = Payment(isLive: false)
        #expect(await till.take(test.completed()).refusal == .wrongMode)
        try await till.pool.query("UPDATE billing_dead_letters SET reason = 'malformed_event'")
        await till.take(Payment(number: 2, reference: "bob").completed())
        let letter = try #require(try await till.books.letters().first)
        _ = await till.books.replay(letter.id)
        #expect(try await till.balance() ?? 0 == 0)
      }
    }

    @Test func `a shell of the other mode replays nothing`() async throws {
      try await Till.with { (till) async throws in
        let test = Payment(isLive: false)
        #expect(await till.take(test.completed()).refusal == .wrongMode)
        let letter = try #require(try await till.books.letters().first)
        let shell = BillingStore(till.pool, isLive: false, lineItems: nil, now: { Till.now })
        #expect(await shell.replay(letter.id).problem == "billing.mode", "no event of the own mode came yet")
        await till.take(Payment(number: 2, reference: "bob").completed())
        #expect(await shell.replay(letter.id).problem == "billing.mode")
        #expect(
          await shell.take(ReceivedEvent(payload: Array(Payment(number: 3, isLive: false).completed().utf8)))
            .problem == "billing.mode")
        guard case .tried(.kept(let refusal)) = await till.books.replay(letter.id) else {
          Issue.record("it is a test event for ever")
          return
        }
        #expect(refusal.reason == .wrongMode)
        #expect(try await till.balance() ?? 0 == 0)
      }
    }
  }
}

extension BillingStore.Replay {
  /// The code of what kept it from being tried.
  var problem: String? { if case .tried(let outcome) = self { outcome.problem } else { nil } }
}
