import Billing
import Ledger
import Model
import Postgres
import PostgresSupport
import Testing

extension PurchaseTests {
  /// Live and test events do not mix in one database.
  @Suite(.timeLimit(.minutes(5))) struct ModeTests {
    @Test("Existing purchases record their mode, and resolved dead letters lose their payload")
    func migrationRecordsModeAndRemovesPayloads()
      async throws
    {
      try await TestDatabase.with(connections: 2) { pool in
        let all = Billing.migrations + Ledger.migrations
        try await Migrations(all.filter { $0.number < 4 }).apply(to: pool)
        try await pool.query(
          """
          INSERT INTO billing_purchases
            (session, account, lines, credits_micro, currency, amount, is_live, session_created_at)
          VALUES ('cs_1', 'ada', '[]', 1, 'usd', 1, false, now())
          """)
        try await pool.query(
          """
          INSERT INTO billing_dead_letters
            (event, type, subject, reason, message, payload, resolved_at, resolution)
          VALUES ('a', 't', '', 'unpaid', '', 'x', NULL, NULL),
            ('b', 't', '', 'unpaid', '', 'x', now(), 'done')
          """)
        try await Migrations(all).apply(to: pool)
        #expect(try await pool.query("SELECT is_live FROM billing_mode").only().bool(0) == false)
        let kept = try await pool.query("SELECT event FROM billing_dead_letters WHERE payload IS NOT NULL")
          .only()
        #expect(try kept.text(0) == "a")
      }
    }

    @Test("A test event that was kept for another reason is not credited by a replay")
    func replayDoesNotCreditTestEvent()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let test = Payment(isLive: false)
        #expect(await fixture.process(test.completed()).refusal == .wrongMode)
        try await fixture.pool.query("UPDATE billing_dead_letters SET reason = 'malformed_event'")
        await fixture.process(Payment(number: 2, reference: "bob").completed())
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        _ = await fixture.store.replay(deadLetter.id)
        #expect(try await fixture.balance() ?? 0 == 0)
      }
    }

    @Test("A store of the other mode replays nothing") func otherModeReplaysNothing() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let test = Payment(isLive: false)
        #expect(await fixture.process(test.completed()).refusal == .wrongMode)
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        let shell = BillingStore(fixture.pool, isLive: false, lineItems: nil, now: { BillingFixture.now })
        #expect(
          await shell.replay(deadLetter.id).problem == "billing.mode", "no event of the own mode came yet")
        await fixture.process(Payment(number: 2, reference: "bob").completed())
        #expect(await shell.replay(deadLetter.id).problem == "billing.mode")
        #expect(
          await shell.process(
            ReceivedEvent(payload: Array(Payment(number: 3, isLive: false).completed().utf8))
          )
          .problem == "billing.mode")
        guard case .tried(.kept(let refusal)) = await fixture.store.replay(deadLetter.id) else {
          Issue.record("it is a test event for ever")
          return
        }
        #expect(refusal.reason == .wrongMode)
        #expect(try await fixture.balance() ?? 0 == 0)
      }
    }
  }
}

extension BillingStore.Replay {
  /// The code of the error that prevented the replay.
  var problem: String? { if case .tried(let outcome) = self { outcome.problem } else { nil } }
}
