import Billing
import Ledger
import Model
import Postgres
import Testing

extension PurchaseTests {
  /// How dead letters are settled, shown, dismissed and erased.
  @Suite(.timeLimit(.minutes(5))) struct DeadLetterTests {
    @Test(arguments: [false, true])
    func `a whole refund settles a session that gave nothing, whichever comes first`(isFirst: Bool)
      async throws
    {
      try await Till.with { (till) async throws in
        let payment = Payment(reference: nil)
        if isFirst { #expect(await till.take(payment.refunded(1000)).refusal == .unknownPurchase) }
        #expect(await till.take(payment.completed()).refusal == (isFirst ? nil : .noAccount))
        if !isFirst {
          #expect(await till.take(payment.refunded(999)).refusal == .unknownPurchase)
          #expect(try await till.reasons() == ["no_account", "unknown_purchase"])
          #expect(await till.take(payment.refunded(1000)) == .noted)
        }
        #expect(try await till.reasons() == [])
        #expect(try await till.count("SELECT count(*) FROM ledger_entries") == 0)
      }
    }

    @Test func `a failure that overtakes its session leaves no letter`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment()
        #expect(await till.take(payment.asyncFailed()) == .noted)
        await till.take(payment.completed("unpaid"))
        for letter in try await till.books.letters() { _ = await till.books.replay(letter.id) }
        #expect(try await till.reasons() == [])
      }
    }

    @Test func `an operator dismisses a letter, with who and why`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(reference: nil)
        await till.take(payment.completed())
        let letter = try #require(try await till.books.letters().first)
        let done = try await till.books.dismiss(letter.id, by: "op@host", because: "paid back by hand")
        #expect(done == .dismissed)
        #expect(try await till.reasons() == [])
        let closed = try #require(try await till.books.letter(letter.id))
        #expect(closed.resolution == "dismissed by op@host: paid back by hand" && closed.payload == nil)
        #expect(closed.reason == "no_account" && closed.attempts == 1)
        let again = try await till.books.dismiss(letter.id, by: "op@host", because: "again")
        #expect(again == .settled("dismissed by op@host: paid back by hand"))
        #expect(try await till.books.dismiss(4711, by: "op@host", because: "x") == .unknownLetter)
        #expect(try await till.count("SELECT count(*) FROM ledger_entries") == 0)
      }
    }

    @Test func `show holds no personal data that the session's maker put in`() async throws {
      try await Till.with { (till) async throws in
        let payment = Payment(
          reference: "ada@example.com", metadata: #"{"buyer_email":"ada@example.org","full_name":"Ada L."}"#)
        await till.take(payment.completed())
        let shown = try #require(try await till.books.letters().first?.shownPayload).json
        #expect(!shown.contains("ada@example.com"))
        #expect(!shown.contains("ada@example.org") && !shown.contains("Ada L."))
      }
    }

    @Test func `a settled letter keeps no personal data`() async throws {
      try await Till.with { (till) async throws in
        await till.take(Payment().completed("unpaid"))
        await till.take(Payment().asyncSucceeded())
        #expect(try await till.reasons() == [])
        #expect(
          try await till.count("SELECT count(*) FROM billing_dead_letters WHERE payload IS NOT NULL") == 0)
      }
    }

    @Test func `erasing an account erases refunds of its sessions that were not credited`() async throws {
      try await Till.with { (till) async throws in
        var odd = Payment()
        odd.lines = [("price_gone", 1, 10)]
        await till.take(odd.completed())
        await till.take(odd.refunded(10))
        await till.take(Payment(number: 2).completed())
        _ = try await LedgerErasure.erase("ada", by: "op", in: till.pool, alsoErasing: [BillingErasure.hook])
        #expect(
          try await till.count(
            "SELECT count(*) FROM billing_dead_letters WHERE position('ada@example.com'::bytea in payload) > 0"
          ) == 0)
      }
    }

    @Test func `whoever left only letters can be erased`() async throws {
      try await Till.with { (till) async throws in
        var odd = Payment()
        odd.lines = [("price_gone", 1, 10)]
        await till.take(odd.completed())
        await till.take(odd.dispute("needs_response", 10))
        await till.take(Payment(number: 2, reference: "bob").completed())
        #expect(try await BillingErasure.eraseLetters(of: "ada", in: till.pool) == 2)
        #expect(try await BillingErasure.eraseLetters(of: "ada", in: till.pool) == 0)
        #expect(try await BillingErasure.eraseLetters(of: "bob", in: till.pool) == nil, "the ledger has it")
        #expect(
          try await till.count(
            "SELECT count(*) FROM billing_dead_letters WHERE payload IS NOT NULL OR account = 'ada'") == 0)
      }
    }
  }
}
