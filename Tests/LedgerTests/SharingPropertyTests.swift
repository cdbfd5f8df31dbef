import KindTestSupport
import Ledger
import Model
import Postgres
import RandomSupport
import Testing

extension LedgerTests {
  /// Random rules and amounts beside the same reckoning in wide numbers.
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
          // A share of nothing leaves no entry behind, and counts for nothing.
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

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func `shares are split exactly, whatever the tiers and amounts`(seed: UInt64) async throws {
      try await Books.with { books in
        var dice = SeededRandom(seed: seed)
        let rules = Self.rules(&dice)
        try await books.ledger.record(rules, effective: Timestamp(seconds: 0))
        var (sums, given) = (Sums(), Int64(0))
        for round in 0..<10 {
          let amounts = (0..<8).map { _ in Int64(1 + dice.int(dice.int(3) == 0 ? 3 : 900_000_000_000)) }
          let legs = amounts.map {
            LedgerLeg(to: "module_developer", Credits(micro: $0), for: "share", sharedBy: 1)
          }
          // Two shares of one developer in a call follow each other like those of two calls.
          let calls = stride(from: 0, to: 8, by: 2).map { place in
            LedgerCall(
              .transfer(Array(legs[place...place + 1]), job: ""), on: "stripe_clearing",
              key: "\(round)-\(place)")
          }
          for result in try await books.ledger.execute(calls) { _ = try result.get() }
          for amount in amounts { sums.share(amount, by: rules.tiers) }
          given += amounts.reduce(0, +)
          let row = try await books.pool.query(
            "SELECT balance_micro, gross_micro FROM accounts WHERE name = 'module_developer'"
          ).only()
          let found = Sums(
            developer: try row.int(0), platform: try await books.available("platform") ?? -1,
            gross: try row.int(1))
          #expect(found == sums, "seed \(seed), round \(round): \(rules.tiers)")
          #expect(found.developer + found.platform == given, "seed \(seed), round \(round)")
        }
        #expect(try await books.count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
        #expect(try await LedgerProof(books.pool).verify().findings == [], "seed \(seed)")
      }
    }
  }
}
