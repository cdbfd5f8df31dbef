import Ledger
import Model
import Postgres
import Testing

extension LedgerTests {
  /// Payments for the usage of attempts.
  @Suite struct UsageTests {
    private func event(_ number: Int, hold: Int64, price: Int64 = 1_000_000, from account: String = "creator")
      -> UsageEvent
    {
      UsageEvent(
        attempt: "attempt-\(number)", job: "job-\(number)", module: "echo", account: account, hold: hold,
        node: "node_owner", developer: "module_developer", usage: .init(gpu: 60_000, cpu: 1_000),
        price: Credits(micro: price))
    }

    private func hold(_ fixture: LedgerFixture, _ micro: Int64, _ key: String, on account: String = "creator")
      async throws
      -> Int64
    {
      let call = LedgerCall.hold(micro, on: account, key: key)
      return try #require(try await fixture.ledger.execute([call])[0].get().hold)
    }

    @Test("An event pays node, developer and platform once, however often it is recorded and settled")
    func eventPaysOnce()
      async throws
    {
      try await LedgerFixture.with(connections: 8) { fixture in
        try await fixture.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(10_000_000, to: "creator", key: "g")
        let hold = try await hold(fixture, 3_000_000, "h")
        for _ in 0..<3 { try await fixture.ledger.record([event(1, hold: hold)]) }
        let settled = try await withThrowingTaskGroup(of: Int.self) { group in
          for _ in 0..<8 { group.addTask { try await fixture.ledger.settle().settled } }
          return try await group.reduce(0, +)
        }
        #expect(settled == 1)
        #expect(
          try await fixture.available("creator") == 9_000_000,
          "what the hold reserved beyond the price is free"
        )
        #expect(try await fixture.available("node_owner") == 400_000)
        #expect(try await fixture.available("module_developer") == 600_000)
        #expect(try await LedgerProof(fixture.pool).verify().findings == [])
      }
    }

    @Test("A job pays by the rules of its hold") func jobPaysByRulesOfItsHold() async throws {
      try await LedgerFixture.with { fixture in
        try await fixture.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(10_000_000, to: "creator", key: "g")
        let quoted = try await hold(fixture, 1_000_000, "old")
        let dearer = LedgerRules(
          version: 2, platform: "platform", gpuMinute: Credits(micro: 900_000), cpuMinute: Credits(micro: 0),
          tiers: [.init(until: nil, partsPerMillion: 0)])
        try await fixture.ledger.record(dearer, effective: Timestamp(seconds: 0))
        let fresh = try await hold(fixture, 1_000_000, "new")
        try await fixture.ledger.record([event(1, hold: quoted)])
        _ = try await fixture.ledger.settle()
        #expect(try await fixture.available("node_owner") == 400_000, "0.4 a GPU-minute, as quoted")
        try await fixture.ledger.record([event(2, hold: fresh)])
        _ = try await fixture.ledger.settle()
        #expect(try await fixture.available("node_owner") == 1_300_000)
        #expect(try await fixture.available("platform") == 100_000)

        let wrong = LedgerLeg(to: "module_developer", Credits(micro: 1), for: "share", sharedBy: 1)
        let third = try await hold(fixture, 5, "third")
        let call = LedgerCall(.capture(hold: third, [wrong]), on: "creator", key: "wrong")
        #expect(try await fixture.ledger.execute([call])[0].code == .otherRules)
      }
    }

    @Test("An event that cannot be paid is refused with a code and does not block others")
    func unpayableEventDoesNotBlockOthers()
      async throws
    {
      try await LedgerFixture.with { fixture in
        try await fixture.grant(10_000_000, to: "creator", key: "g")
        let before = try await hold(fixture, 1_000_000, "before")
        try await fixture.ledger.record(SharingTests.rules, effective: Timestamp(seconds: 0))
        let small = try await hold(fixture, 999_999, "small")
        let good = try await hold(fixture, 1_000_000, "good")
        try await fixture.ledger.record([
          event(1, hold: before), event(2, hold: small), event(3, hold: good), event(4, hold: good),
        ])
        let settlement = try await fixture.ledger.settle()
        #expect(settlement.settled == 1)
        #expect(
          settlement.refused == [
            "attempt-1": .otherRules, "attempt-2": .exceedsHold, "attempt-4": .holdClosed,
          ])
        let nothing = try await fixture.ledger.settle()
        #expect(nothing.settled == 0 && nothing.refused.isEmpty, "nothing is left to settle")
        await #expect(throws: PostgresError.self, "the hold is not there") {
          try await fixture.ledger.record([event(5, hold: 999)])
        }
      }
    }

    @Test("A creator with their own module and node pays only the platform")
    func ownModuleOnOwnNodePaysPlatformOnly() async throws {
      try await LedgerFixture.with { fixture in
        let rules = LedgerRules(
          version: 1, platform: "platform", gpuMinute: Credits(micro: 400_000), cpuMinute: Credits(micro: 0),
          tiers: [.init(until: nil, partsPerMillion: 850_000)])
        try await fixture.ledger.record(rules, effective: Timestamp(seconds: 0))
        try await fixture.grant(10_000_000, to: "creator", key: "g")
        let hold = try await hold(fixture, 1_000_000, "h")
        let own = UsageEvent(
          attempt: "a", job: "j", module: "m", account: "creator", hold: hold, node: "creator",
          developer: "creator",
          usage: .init(gpu: 60_000), price: Credits(micro: 1_000_000))
        try await fixture.ledger.record([own])
        #expect(try await fixture.ledger.settle().settled == 1)
        #expect(try await fixture.available("creator") == 9_910_000)
        #expect(
          try await fixture.available("platform") == 90_000, "15% of the 0.6 that the node did not take")
        #expect(try await LedgerProof(fixture.pool).verify().findings == [])
      }
    }
  }
}
