import Ledger
import Model
import Postgres
import Testing

extension LedgerTests {
  /// The proof detects changes outside the ledger, with the account and entry.
  @Suite struct ProofTests {
    struct Tampering: Sendable, CustomTestStringConvertible {
      let statement: String
      let account: String
      let entry: Int64?
      var testDescription: String { statement }
    }

    static let tamperings: [Tampering] = [
      .init(
        statement: "UPDATE ledger_entries SET amount_micro = 11 WHERE id = 3", account: "creator", entry: 3),
      .init(
        statement: """
          UPDATE ledger_entries SET amount_micro = 11, credit_balance_micro = 31, debit_balance_micro = 59
          WHERE id = 3
          """,
        account: "creator", entry: 3),
      .init(
        statement: "UPDATE ledger_entries SET type = 'refund' WHERE id = 2", account: "creator", entry: 2),
      .init(
        statement: "UPDATE ledger_entries SET job = 'other' WHERE id = 2", account: "node_owner", entry: 2),
      .init(
        statement:
          "UPDATE ledger_entries SET recorded_at = recorded_at + interval '1 microsecond' WHERE id = 2",
        account: "creator", entry: 2),
      .init(statement: "DELETE FROM ledger_entries WHERE id = 2", account: "creator", entry: 3),
      .init(statement: "DELETE FROM ledger_entries WHERE id = 4", account: "creator", entry: nil),
      .init(
        statement: """
          UPDATE ledger_entries e SET amount_micro = o.amount_micro, job = o.job FROM ledger_entries o
          WHERE (e.id, o.id) IN ((2, 4), (4, 2))
          """, account: "creator", entry: 2),
      .init(
        statement: "UPDATE accounts SET balance_micro = balance_micro + 1 WHERE name = 'creator'",
        account: "creator", entry: nil),
      .init(
        statement: "UPDATE accounts SET held_micro = 1 WHERE name = 'creator'", account: "creator", entry: nil
      ),
    ]

    private static func fill(_ fixture: LedgerFixture) async throws {
      try await fixture.grant(100, to: "creator", key: "g")
      for (number, amount) in [10, 20, 30].enumerated() {
        let leg = LedgerLeg(to: "node_owner", Credits(micro: Int64(amount)), for: "payout")
        let call = LedgerCall(.transfer([leg], job: "job-\(number)"), on: "creator", key: "t\(number)")
        _ = try await fixture.ledger.execute([call])[0].get()
      }
    }

    @Test("An untampered ledger is sound") func untamperedLedgerIsSound() async throws {
      try await LedgerFixture.with { fixture in
        try await Self.fill(fixture)
        let report = try await LedgerProof(fixture.pool).verify()
        #expect(report.isSound && report.entries == 4 && report.accounts == 6, "\(report.findings)")
      }
    }

    @Test("Each tampering is detected", arguments: tamperings) func tamperingIsDetected(tampering: Tampering)
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await Self.fill(fixture)
        // Only the owner of the tables can do this.
        try await fixture.pool.query("ALTER TABLE ledger_entries DISABLE TRIGGER USER")
        try await fixture.pool.query(tampering.statement)
        let findings = try await LedgerProof(fixture.pool).verify().findings
        #expect(
          findings.contains { $0.account == tampering.account && $0.entry == tampering.entry }, "\(findings)")
      }
    }
  }
}
