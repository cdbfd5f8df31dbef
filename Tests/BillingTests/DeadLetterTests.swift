import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// Resolution, output, dismissal and erasure of dead letters.
  @Suite(.timeLimit(.minutes(5))) struct DeadLetterTests {
    @Test("A full refund resolves a session that was not credited, in any order", arguments: [false, true])
    func fullRefundResolvesUncreditedSession(isFirst: Bool)
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment(reference: nil)
        if isFirst { #expect(await fixture.process(payment.refunded(1000)).refusal == .unknownPurchase) }
        #expect(await fixture.process(payment.completed()).refusal == (isFirst ? nil : .noAccount))
        if !isFirst {
          #expect(await fixture.process(payment.refunded(999)).refusal == .unknownPurchase)
          #expect(try await fixture.reasons() == ["no_account", "unknown_purchase"])
          #expect(await fixture.process(payment.refunded(1000)) == .noted)
        }
        #expect(try await fixture.reasons() == [])
        #expect(try await fixture.count("SELECT count(*) FROM ledger_entries") == 0)
      }
    }

    @Test("A failure that arrives before its session leaves no dead letter")
    func earlyFailureLeavesNoDeadLetter() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment()
        #expect(await fixture.process(payment.asyncFailed()) == .noted)
        await fixture.process(payment.completed("unpaid"))
        for deadLetter in try await fixture.store.deadLetters() {
          _ = await fixture.store.replay(deadLetter.id)
        }
        #expect(try await fixture.reasons() == [])
      }
    }

    @Test("A dismissal records the operator and the reason") func dismissalRecordsOperatorAndReason()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment(reference: nil)
        await fixture.process(payment.completed())
        let deadLetter = try #require(try await fixture.store.deadLetters().first)
        let done = try await fixture.store.dismiss(deadLetter.id, by: "op@host", because: "paid back by hand")
        #expect(done == .dismissed)
        #expect(try await fixture.reasons() == [])
        let closed = try #require(try await fixture.store.deadLetter(deadLetter.id))
        #expect(closed.resolution == "dismissed by op@host: paid back by hand" && closed.payload == nil)
        #expect(closed.reason == "no_account" && closed.attempts == 1)
        let again = try await fixture.store.dismiss(deadLetter.id, by: "op@host", because: "again")
        #expect(again == .settled("dismissed by op@host: paid back by hand"))
        #expect(try await fixture.store.dismiss(4711, by: "op@host", because: "x") == .unknown)
        #expect(try await fixture.count("SELECT count(*) FROM ledger_entries") == 0)
      }
    }

    @Test("A shown dead letter has no data from metadata") func metadataIsRedacted() async throws {
      try await BillingFixture.with { (fixture) async throws in
        let payment = Payment(
          reference: "ada@example.com", metadata: #"{"buyer_email":"ada@example.org","full_name":"Ada L."}"#)
        await fixture.process(payment.completed())
        let shown = try #require(try await fixture.store.deadLetters().first?.redactedPayload).json
        #expect(!shown.contains("ada@example.com"))
        #expect(!shown.contains("ada@example.org") && !shown.contains("Ada L."))
      }
    }

    @Test("A resolved dead letter has no personal data") func resolvedDeadLetterHasNoPersonalData()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        await fixture.process(Payment().completed("unpaid"))
        await fixture.process(Payment().asyncSucceeded())
        #expect(try await fixture.reasons() == [])
        #expect(
          try await fixture.count("SELECT count(*) FROM billing_dead_letters WHERE payload IS NOT NULL") == 0)
      }
    }

    @Test("An erasure includes refunds of sessions that were not credited")
    func erasureIncludesUncreditedRefunds() async throws {
      try await BillingFixture.with { (fixture) async throws in
        var uncredited = Payment()
        uncredited.lines = [("price_gone", 1, 10)]
        await fixture.process(uncredited.completed())
        await fixture.process(uncredited.refunded(10))
        await fixture.process(Payment(number: 2).completed())
        _ = try await LedgerErasure.erase(
          "ada", by: "op", in: fixture.pool, alsoErasing: [BillingErasure.hook])
        #expect(
          try await fixture.count(
            """
            SELECT count(*) FROM billing_dead_letters
            WHERE position('ada@example.com'::bytea in payload) > 0
            """
          ) == 0)
      }
    }

    @Test("A person with dead letters only can be erased") func personWithDeadLettersOnlyCanBeErased()
      async throws
    {
      try await BillingFixture.with { (fixture) async throws in
        var uncredited = Payment()
        uncredited.lines = [("price_gone", 1, 10)]
        await fixture.process(uncredited.completed())
        await fixture.process(uncredited.dispute("needs_response", 10))
        await fixture.process(Payment(number: 2, reference: "bob").completed())
        #expect(try await BillingErasure.eraseDeadLetters(of: "ada", in: fixture.pool) == 2)
        #expect(try await BillingErasure.eraseDeadLetters(of: "ada", in: fixture.pool) == 0)
        #expect(
          try await BillingErasure.eraseDeadLetters(of: "bob", in: fixture.pool) == nil, "the ledger has it")
        #expect(
          try await fixture.count(
            "SELECT count(*) FROM billing_dead_letters WHERE payload IS NOT NULL OR account = 'ada'") == 0)
      }
    }
  }
}
