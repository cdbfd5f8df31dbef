import KindTestSupport
import Ledger
import Model
import Postgres
import RandomSupport
import Testing

extension LedgerTests {
  /// Random histories: the outcome of each call and every balance match a model in memory.
  @Suite struct HistoryTests {
    private struct Sums {
      struct Hold {
        let account: String
        let amount: Int64
        let expires: Int64
        var isOpen = true
        var isExpired = false
      }

      var balances: [String: Int64] = [:]
      var holds: [Int64: Hold] = [:]

      func held(_ account: String) -> Int64 {
        holds.values.reduce(0) { $0 + ($1.isOpen && $1.account == account ? $1.amount : 0) }
      }

      func available(_ account: String) -> Int64 { balances[account, default: 0] - held(account) }

      mutating func pay(_ legs: [LedgerLeg], from account: String) {
        for leg in legs {
          balances[account, default: 0] -= leg.amount.micro
          balances[leg.account, default: 0] += leg.amount.micro
        }
      }

      /// Nil: the call succeeds.
      mutating func run(_ call: LedgerCall, at time: Int64, as id: Int64?) -> LedgerError.Code? {
        let isSource = call.account == "stripe_clearing"
        switch call.operation {
        case .hold(let amount, _, let lifetime):
          guard isSource || available(call.account) >= amount.micro else { return .insufficientCredit }
          if let id {
            holds[id] = Hold(
              account: call.account, amount: amount.micro, expires: time + lifetime.milliseconds / 1000)
          }
        case .transfer(let legs, _):
          let total = legs.reduce(0) { $0 + $1.amount.micro }
          guard isSource || available(call.account) >= total else { return .insufficientCredit }
          pay(legs, from: call.account)
        case .capture(let hold, let legs):
          guard let found = holds[hold], found.account == call.account else { return .unknownHold }
          guard !found.isExpired else { return .holdExpired }
          guard found.isOpen else { return .holdClosed }
          guard legs.reduce(0, { $0 + $1.amount.micro }) <= found.amount else { return .exceedsHold }
          holds[hold]?.isOpen = false
          pay(legs, from: call.account)
        case .void(let hold):
          guard let found = holds[hold], found.account == call.account else { return .unknownHold }
          guard !found.isExpired else { return .holdExpired }
          guard found.isOpen else { return .holdClosed }
          holds[hold]?.isOpen = false
        }
        return nil
      }

      /// - Parameter accounts: The accounts whose holds expire; nil for all.
      mutating func expire(at time: Int64, of accounts: Set<String>? = nil) -> Int {
        let due = holds.filter {
          $0.value.isOpen && $0.value.expires <= time && accounts?.contains($0.value.account) != false
        }.map(\.key)
        for id in due {
          holds[id]?.isOpen = false
          holds[id]?.isExpired = true
        }
        return due.count
      }
    }

    private static let creators = ["a", "b", "c"]
    private static let payees = ["node_owner", "module_developer", "platform"]

    @Test("Outcomes and balances match a model in memory", arguments: [1, 2, 3, 4, 5, 6, 7, 8] as [UInt64])
    func outcomesMatchModel(seed: UInt64) async throws {
      try await LedgerFixture.with { fixture in
        var random = SeededRandom(seed: seed)
        var model = Sums()
        try await fixture.ledger.open(Self.creators, as: .creator)
        let start: Int64 = 1_700_000_000
        for round in 0..<40 {
          let now = start + Int64(round) * 10
          let time = Timestamp(seconds: now)
          if random.int(10) == 0 {
            #expect(
              try await fixture.ledger.expire(at: time) == model.expire(at: now),
              "seed \(seed), round \(round)"
            )
          }
          var calls: [LedgerCall] = []
          for index in 0..<Int(1 + random.int(12)) {
            calls.append(Self.call(&random, model, key: "\(round)-\(index)"))
          }
          let results = try await fixture.ledger.execute(calls, at: time)
          _ = model.expire(at: now, of: Set(calls.flatMap(\.accounts)))
          for (call, result) in zip(calls, results) {
            let expected = model.run(call, at: now, as: try? result.get().hold)
            #expect(result.code == expected, "seed \(seed), round \(round): \(call)")
          }
          for name in Self.creators + Self.payees {
            #expect(
              try await fixture.available(name) == model.available(name),
              "seed \(seed), round \(round): \(name)")
          }
        }
        #expect(try await fixture.count("SELECT sum(balance_micro)::bigint FROM accounts") == 0)
        #expect(try await LedgerProof(fixture.pool).verify().findings == [], "seed \(seed)")
      }
    }

    private static func call(_ random: inout SeededRandom, _ model: Sums, key: String) -> LedgerCall {
      let account = creators[Int(random.int(3))]
      // Includes holds of other accounts and closed ones.
      let hold = model.holds.keys.sorted().suffix(8).randomElement(using: &random) ?? 999
      let owner = random.int(5) == 0 ? account : model.holds[hold]?.account ?? account
      switch random.int(10) {
      case 0...1:
        let leg = LedgerLeg(to: account, Credits(micro: Int64(1 + random.int(500))), for: "grant")
        return LedgerCall(.transfer([leg], job: ""), on: "stripe_clearing", key: key)
      case 2...5:
        return .hold(Int64(1 + random.int(300)), on: account, key: key, lifetime: Int64(1 + random.int(100)))
      case 6: return LedgerCall(.void(hold: hold), on: owner, key: key)
      case 7:
        let leg = LedgerLeg(
          to: payees[Int(random.int(3))], Credits(micro: Int64(1 + random.int(200))), for: "share")
        return LedgerCall(.transfer([leg], job: "j"), on: account, key: key)
      default:
        let legs = payees.prefix(Int(random.int(4))).map { ($0, Int64(1 + random.int(60))) }
        return .capture(hold, Array(legs), on: owner, key: key)
      }
    }
  }
}

extension LedgerCall {
  /// All accounts of the call.
  fileprivate var accounts: [String] {
    switch operation {
    case .transfer(let legs, _), .capture(_, let legs): [account] + legs.map(\.account)
    case .hold, .void: [account]
    }
  }
}
