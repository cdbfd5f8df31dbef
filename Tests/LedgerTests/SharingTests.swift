import Ledger
import Model
import Postgres
import Testing

extension LedgerTests {
  /// The division of prices: the seeds' figures, the exact threshold, and exact sums.
  @Suite struct SharingTests {
    /// $1,000 are 10,000 credits of $0.10.
    static let threshold = Credits(micro: 10_000_000_000)
    static let rules = LedgerRules(
      version: 1, platform: "platform", gpuMinute: Credits(micro: 400_000),
      cpuMinute: Credits(micro: 100_000),
      tiers: [
        .init(until: threshold, partsPerMillion: 1_000_000), .init(until: nil, partsPerMillion: 850_000),
      ])

    private func share(_ fixture: LedgerFixture, _ micro: Int64, key: String) async throws {
      let leg = LedgerLeg(to: "module_developer", Credits(micro: micro), for: "share", sharedBy: 1)
      _ = try await fixture.ledger.execute([LedgerCall(.transfer([leg], job: "job"), on: "creator", key: key)]
      )[
        0
      ]
      .get()
    }

    @Test(
      "A node is paid by time",
      arguments: [
        (gpu: 60_000, cpu: 0, price: 1_000_000, payout: 400_000, why: "0.4 credits a GPU-minute"),
        (gpu: 0, cpu: 60_000, price: 1_000_000, payout: 100_000, why: "the CPU rate where no GPU was used"),
        (
          gpu: 60_000, cpu: 60_000, price: 1_000_000, payout: 400_000,
          why: "a GPU job's CPU time is part of it"
        ),
        (gpu: 1, cpu: 0, price: 1_000_000, payout: 6, why: "6.67 micro-credits, rounded down"),
        (gpu: 600_000, cpu: 0, price: 1_000_000, payout: 1_000_000, why: "never more than the price"),
        (
          gpu: .max, cpu: 0, price: 1_000_000, payout: 1_000_000,
          why: "a time that overflows is more than the price"
        ),
        (gpu: 0, cpu: 0, price: 5, payout: 0, why: "no time, no payout"),
      ] as [(gpu: Int64, cpu: Int64, price: Int64, payout: Int64, why: String)])
    func nodeIsPaidByTime(gpu: Int64, cpu: Int64, price: Int64, payout: Int64, why: String) {
      let usage = LedgerRules.Usage(gpu: gpu, cpu: cpu)
      #expect(Self.rules.payout(for: usage, of: Credits(micro: price)).micro == payout, "\(why)")
      let legs = Self.rules.legs(
        of: Credits(micro: price), usage: usage, payer: "p", node: "n", developer: "d")
      #expect(legs.reduce(0) { $0 + $1.amount.micro } == price, "the sum of the legs is the price")
    }

    @Test("A developer receives 100 % up to the threshold and 85 % after, split exactly there")
    func shareIsSplitAtThreshold()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.ledger.record(Self.rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(30_000_000_000, to: "creator", key: "g")
        try await share(fixture, Self.threshold.micro - 1, key: "below")
        #expect(try await fixture.available("module_developer") == Self.threshold.micro - 1)
        #expect(try await fixture.available("platform") == 0)

        try await share(fixture, 101, key: "across")
        #expect(try await fixture.available("module_developer") == Self.threshold.micro + 85)
        #expect(try await fixture.available("platform") == 15)
        let rows = try await fixture.pool.query(
          "SELECT type, amount_micro, gross_micro FROM ledger_entries ORDER BY id DESC LIMIT 3")
        let entries = try rows.map { "\(try $0.text(0)) \(try $0.int(1)) of \(try $0.int(2))" }
        #expect(entries == ["commission 15 of 0", "share 85 of 100", "share 1 of 1"])

        try await share(fixture, 7, key: "after")
        #expect(
          try await fixture.available("module_developer") == Self.threshold.micro + 85 + 5,
          "5.95, rounded down"
        )
        #expect(try await fixture.available("platform") == 17)
        try await share(fixture, 1, key: "smallest")
        #expect(try await fixture.available("platform") == 18, "nothing of it can be given to the developer")
        #expect(try await LedgerProof(fixture.pool).verify().findings == [])
        #expect(try await fixture.count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
      }
    }

    @Test("Concurrent shares cross the threshold once") func concurrentSharesCrossThresholdOnce() async throws
    {
      try await LedgerFixture.with(connections: 16) { fixture in
        try await fixture.ledger.record(Self.rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(30_000_000_000, to: "creator", key: "g")
        let piece: Int64 = 299_999_999
        try await withThrowingTaskGroup(of: Void.self) { group in
          for number in 0..<64 { group.addTask { try await share(fixture, piece, key: "\(number)") } }
          try await group.waitForAll()
        }
        let gross = 64 * piece
        let expected = try await fixture.count(
          "SELECT sum(amount_micro)::bigint FROM ledger_entries WHERE type = 'share'")
        let platform = try await fixture.available("platform") ?? 0
        #expect(try await fixture.available("module_developer") == expected)
        #expect(expected + platform == gross)
        // Each part after the threshold is rounded by less than one micro-credit.
        let exact = (gross - Self.threshold.micro) * 15 / 100
        #expect(platform >= exact && platform <= exact + 65)
        #expect(
          try await fixture.count("SELECT sum(gross_micro)::bigint FROM ledger_entries WHERE type = 'share'")
            == gross)
        #expect(try await LedgerProof(fixture.pool).verify().findings == [])
      }
    }

    @Test("A share by an unknown version of the rules is rejected") func unknownRulesAreRejected()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(100, to: "creator", key: "g")
        let leg = LedgerLeg(to: "module_developer", Credits(micro: 1), for: "share", sharedBy: 9)
        let call = LedgerCall(.transfer([leg], job: ""), on: "creator", key: "k")
        #expect(try await fixture.ledger.execute([call])[0].code == .unknownRules)
        try await fixture.ledger.record(Self.rules, effective: Timestamp(seconds: 0))
        await #expect(throws: PostgresError.self) {
          try await fixture.pool.query("UPDATE ledger_rules SET platform = 'x'")
        }
      }
    }
  }
}
