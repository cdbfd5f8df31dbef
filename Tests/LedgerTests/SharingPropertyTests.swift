import KindTestSupport
import Ledger
import Model
import Postgres
import RandomSupport
import Testing

extension LedgerTests {
  /// Random rules and amounts match an independent computation with wide integers.
  @Suite struct SharingPropertyTests {
    private struct Sums: Equatable {
      var developer: Int64 = 0
      var platform: Int64 = 0
      /// Lifetime gross.
      var gross: Int64 = 0

      mutating func share(_ amount: Int64, by tiers: [LedgerRules.Tier]) {
        var (left, reached) = (amount, gross)
        for tier in tiers {
          let part = tier.until.map { min(left, max($0.micro - reached, 0)) } ?? left
          guard part > 0 else { continue }
          let share = Int64(Int128(part) * Int128(tier.partsPerMillion) / 1_000_000)
          developer += share
          platform += part - share
          // A share of 0 has no entry and does not count.
          if share > 0 { gross += part }
          reached += part
          left -= part
          if left == 0 { break }
        }
      }
    }

    private static func rules(_ dice: inout SeededRandom) -> LedgerRules {
      var (tiers, until): ([LedgerRules.Tier], Int64) = ([], 0)
      for _ in 0..<dice.int(4) {
        until += Int64(1 + dice.int(dice.int(2) == 0 ? 1000 : 4_000_000_000_000))
        tiers.append(.init(until: Credits(micro: until), partsPerMillion: Int64(dice.int(1_000_001))))
      }
      tiers.append(.init(until: nil, partsPerMillion: Int64(dice.int(1_000_001))))
      return LedgerRules(
        version: 1, platform: "platform", gpuMinute: Credits(micro: 0), cpuMinute: Credits(micro: 0),
        tiers: tiers)
    }

    @Test("Shares are split exactly for random tiers and amounts", arguments: 1...12 as ClosedRange<UInt64>)
    func sharesAreSplitExactly(seed: UInt64) async throws {
      try await LedgerFixture.with { fixture in
        var dice = SeededRandom(seed: seed)
        let rules = Self.rules(&dice)
        try await fixture.ledger.record(rules, effective: Timestamp(seconds: 0))
        var (sums, given) = (Sums(), Int64(0))
        for round in 0..<10 {
          let amounts = (0..<8).map { _ in Int64(1 + dice.int(dice.int(3) == 0 ? 3 : 900_000_000_000)) }
          let legs = amounts.map {
            LedgerLeg(to: "module_developer", Credits(micro: $0), for: "share", sharedBy: 1)
          }
          // Two shares of one developer in a call are shared one after the other, as in two calls.
          let calls = stride(from: 0, to: 8, by: 2).map { index in
            LedgerCall(
              .transfer(Array(legs[index...index + 1]), job: ""), on: "stripe_clearing",
              key: "\(round)-\(index)")
          }
          for result in try await fixture.ledger.execute(calls) { _ = try result.get() }
          for amount in amounts { sums.share(amount, by: rules.tiers) }
          given += amounts.reduce(0, +)
          let row = try await fixture.pool.query(
            "SELECT balance_micro, gross_micro FROM accounts WHERE name = 'module_developer'"
          ).only()
          let found = Sums(
            developer: try row.int(0), platform: try await fixture.available("platform") ?? -1,
            gross: try row.int(1))
          #expect(found == sums, "seed \(seed), round \(round): \(rules.tiers)")
          #expect(found.developer + found.platform == given, "seed \(seed), round \(round)")
        }
        #expect(try await fixture.count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
        #expect(try await LedgerProof(fixture.pool).verify().findings == [], "seed \(seed)")
      }
    }
  }
}
