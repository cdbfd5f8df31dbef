import Ledger
import Model
import Postgres
import Testing

extension LedgerTests {
  /// The outcomes of calls, alone and in batches.
  @Suite struct ExecuteTests {
    @Test("A hold reserves credits, and a capture pays a part and releases the rest")
    func captureReleasesRest() async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        let receipt = try await fixture.ledger.execute([.hold(700, key: "h")])[0].get()
        #expect(receipt.available.micro == 300)
        let hold = try #require(receipt.hold)
        let paid = try await fixture.ledger.execute([
          .capture(hold, [("node_owner", 400), ("module_developer", 85), ("platform", 15)], key: "c")
        ])[0].get()
        #expect(paid.available.micro == 500)
        #expect(try await fixture.available("node_owner") == 400)
        #expect(try await fixture.available("platform") == 15)
        let account = try #require(try await fixture.ledger.account("creator"))
        #expect(account.balance.micro == 500 && account.held.micro == 0 && account.entries == 4)
        #expect(try await fixture.count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
      }
    }

    @Test("A rejected call does not affect other calls of the batch") func rejectedCallDoesNotAffectBatch()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        let results = try await fixture.ledger.execute([
          .hold(600, key: "a"), .hold(600, key: "b"), .hold(400, key: "c"), .hold(1, on: "unknown", key: "d"),
          .hold(1, on: "platform", key: "e"),
        ])
        #expect(
          results.map(\.code) == [nil, .insufficientCredit, nil, .unknownAccount, .insufficientCredit],
          "in their order, as if one came after the other")
        #expect(try await fixture.available("creator") == 0)
      }
    }

    @Test("A repeated call returns the first outcome, and another call with its key is rejected")
    func keysAreIdempotent()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        try await fixture.grant(1000, to: "overflow", key: "g2")
        let first = try await fixture.ledger.execute([
          .hold(600, key: "k"), .hold(600, key: "k"), .hold(500, key: "k"),
        ])
        let hold = try #require(try first[0].get().hold)
        #expect(try first[1].get().hold == hold, "also in the same batch")
        #expect(first[2].code == .keyReused)
        let again = try await fixture.ledger.execute([
          .hold(600, key: "k"), .hold(1, key: "k"), .hold(600, on: "overflow", key: "k"),
          .hold(600, key: "no"),
        ])
        #expect(try again[0].get().hold == hold)
        #expect(again[1].code == .keyReused)
        #expect(try again[2].get().hold != hold, "another account with the same key is another call")
        #expect(again[3].code == .insufficientCredit)
        try await fixture.grant(1000, to: "creator", key: "g3")
        #expect(
          try await fixture.ledger.execute([.hold(600, key: "no")])[0].code == .insufficientCredit,
          "a rejection is an outcome, too")
        #expect(try await fixture.count("SELECT count(*) FROM holds") == 2)
      }
    }

    @Test("A hold ends once") func holdEndsOnce() async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        try await fixture.grant(1000, to: "overflow", key: "g2")
        var holds: [Int64] = []
        for key in ["a", "b", "c"] {
          holds.append(try #require(try await fixture.ledger.execute([.hold(100, key: key)])[0].get().hold))
        }
        let results = try await fixture.ledger.execute([
          .capture(holds[0], [("node_owner", 101)], key: "1"),
          .capture(holds[0], [("node_owner", 100)], on: "overflow", key: "2"),
          .capture(holds[0], [("node_owner", 100)], key: "3"),
          .capture(holds[0], [("node_owner", 100)], key: "4"),
          LedgerCall(.void(hold: holds[1]), on: "creator", key: "5"),
          LedgerCall(.void(hold: holds[1]), on: "creator", key: "6"),
          .capture(holds[2], [], key: "7"),
        ])
        #expect(results.map(\.code) == [.exceedsHold, .unknownHold, nil, .holdClosed, nil, .holdClosed, nil])
        #expect(try await fixture.available("creator") == 900)
        #expect(try await fixture.available("node_owner") == 100)
      }
    }

    @Test("An expired hold is released and cannot be captured") func expiredHoldIsReleased() async throws {
      try await LedgerFixture.with { fixture in
        let start = Timestamp(microseconds: 1_700_000_000_000_000)
        try await fixture.grant(1000, to: "creator", key: "g")
        let calls = (0..<5).map { LedgerCall.hold(100, key: "h\($0)", lifetime: 10 + Int64($0)) }
        let holds = try await fixture.ledger.execute(calls, at: start).map { try $0.get().hold ?? 0 }
        let later = start + TimeSpan(seconds: 12)
        #expect(try await fixture.ledger.expire(at: later, limit: 2) == 2)
        #expect(try await fixture.ledger.expire(at: later, limit: 2) == 1)
        #expect(try await fixture.ledger.expire(at: later) == 0)
        #expect(try await fixture.available("creator") == 800)
        let late = LedgerCall.capture(holds[0], [("node_owner", 1)], key: "late")
        #expect(try await fixture.ledger.execute([late], at: later)[0].code == .holdExpired)
      }
    }

    @Test("A call can use the credits of the account's expired holds") func callUsesExpiredHolds()
      async throws
    {
      try await LedgerFixture.with { fixture in
        let start = Timestamp(microseconds: 1_700_000_000_000_000)
        try await fixture.grant(100, to: "creator", key: "g")
        let first = try await fixture.ledger.execute([.hold(100, key: "1", lifetime: 10)], at: start)
        let second = LedgerCall.hold(100, key: "2", lifetime: 10)
        let early = try await fixture.ledger.execute([second], at: start + TimeSpan(milliseconds: 9999))
        #expect(early[0].code == .insufficientCredit)
        let third = LedgerCall.hold(100, key: "3", lifetime: 10)
        #expect(try await fixture.ledger.execute([third], at: start + TimeSpan(seconds: 10))[0].code == nil)
        let void = LedgerCall(.void(hold: try first[0].get().hold ?? 0), on: "creator", key: "4")
        #expect(
          try await fixture.ledger.execute([void], at: start + TimeSpan(seconds: 10))[0].code == .holdExpired)
        #expect(try await LedgerProof(fixture.pool).verify().findings == [])
      }
    }

    struct Bad: Sendable, CustomTestStringConvertible {
      let call: LedgerCall
      let code: LedgerError.Code
      let field: String
      var testDescription: String { "\(code.rawValue) at \(field)" }
    }

    private static func transfer(_ legs: [(String, Int64)], from account: String = "creator") -> LedgerCall {
      let legs = legs.map { LedgerLeg(to: $0.0, Credits(micro: $0.1), for: "grant") }
      return LedgerCall(.transfer(legs, job: ""), on: account, key: "bad")
    }

    static let bad: [Bad] = [
      Bad(call: .hold(0, key: "bad"), code: .invalidAmount, field: "amount"),
      Bad(call: .hold(-1, key: "bad"), code: .invalidAmount, field: "amount"),
      Bad(call: .hold(.max, key: "bad"), code: .invalidAmount, field: "amount"),
      Bad(call: .hold(1, key: ""), code: .invalidName, field: "key"),
      Bad(call: .hold(1, on: "", key: "bad"), code: .invalidName, field: "account"),
      Bad(call: .hold(1, key: "bad", lifetime: 0), code: .invalidAmount, field: "lifetime"),
      Bad(call: .hold(1, key: "bad", lifetime: 31_622_401), code: .invalidAmount, field: "lifetime"),
      Bad(call: .hold(1, on: "unknown", key: "bad"), code: .unknownAccount, field: "account"),
      Bad(call: transfer([]), code: .invalidAmount, field: "legs"),
      Bad(call: transfer([("platform", 5), ("creator", 5)]), code: .selfTransfer, field: "legs[1].account"),
      Bad(
        call: transfer([("platform", 5), ("platform", -5)]), code: .invalidAmount, field: "legs[1].amount"),
      Bad(
        call: transfer(Array(repeating: ("platform", Credits.maxTransfer.micro), count: 2)),
        code: .invalidAmount, field: "legs"),
      Bad(call: transfer([("un\u{7}known", 5)]), code: .invalidName, field: "legs[0].account"),
      Bad(call: transfer([("unknown", 5)]), code: .unknownPayee, field: "legs"),
      Bad(call: .capture(1, [("platform", 1)], key: "bad"), code: .unknownHold, field: "hold"),
    ]

    @Test("Invalid input is rejected with its field and writes nothing", arguments: bad)
    func invalidInputIsRejected(bad: Bad) async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        guard case .failure(let error) = try await fixture.ledger.execute([bad.call])[0] else {
          Issue.record("it was done")
          return
        }
        #expect(error.code == bad.code && error.field == bad.field, "\(error)")
        #expect(try await fixture.entries() == 1)
        #expect(
          try await fixture.count("SELECT count(*) FROM ledger_calls") == 1,
          "the key is free for the right call")
      }
    }

    @Test(
      "The database rejects changes of recorded rows",
      arguments: [
        "UPDATE ledger_entries SET amount_micro = 1", "DELETE FROM ledger_entries",
        "TRUNCATE ledger_entries CASCADE",
        "UPDATE ledger_calls SET outcome = 'done'", "DELETE FROM ledger_calls", "TRUNCATE ledger_calls",
      ]) func recordedRowsCannotChange(statement: String) async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(1000, to: "creator", key: "g")
        await #expect(throws: PostgresError.self) { try await fixture.pool.query(statement) }
        #expect(try await fixture.entries() == 1)
      }
    }
  }
}
