import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite struct TakeoverDecisionTests {
  private static func applied(_ environment: String, _ name: String, _ number: Int, at time: Int64)
    -> TakeoverDecision.Applied
  {
    TakeoverDecision.Applied(
      environment: environment, resource: .fake(name, number), at: Timestamp(seconds: time))
  }

  /// A fake resource owns the database of its number.
  private static func decision(_ applied: TakeoverDecision.Applied...) -> TakeoverDecision {
    TakeoverDecision(applied) { entry, _ in
      guard let number = (entry.resource.spec as? FakeSpec)?.number else { return [] }
      return [
        ThingClaim(
          .database(.embedded(database: "db\(number)")), field: "spec", role: "database", holdsData: true)
      ]
    }
  }

  private static func owners(_ decision: TakeoverDecision) -> [String] {
    decision.holdings.all.map { "\($0.thing.key): \($0.environment) \($0.resource.name)" }
  }

  @Test("What one environment declares is its own, also what carries no environment")
  func single() {
    let decision = Self.decision(Self.applied("prod", "shop", 1, at: 5))
    #expect(Self.owners(decision) == ["database embedded db1: prod shop", "unmarked Fake/shop: prod shop"])
    #expect(decision.losses.isEmpty)
    #expect(decision.holdings.all.allSatisfy { $0.since == Timestamp(seconds: 5) })
  }

  @Test("What two environments declare belongs to the one that applied it last")
  func newestOwns() {
    let decision = Self.decision(
      Self.applied("prod", "shop", 1, at: 5), Self.applied("stg", "shop", 1, at: 9),
      Self.applied("prod", "other", 2, at: 5))
    #expect(
      Self.owners(decision) == [
        "database embedded db1: stg shop", "database embedded db2: prod other",
        "unmarked Fake/other: prod other", "unmarked Fake/shop: stg shop",
      ])
    #expect(decision.losses.map(\.environment) == ["prod"])
    #expect(
      decision.losses.first?.message
        == "database db1 of the embedded server was declared more than once and belongs to Fake/shop of "
        + "environment stg, which was applied last")
  }

  @Test("Of two resources of one environment, the newer one owns the thing")
  func sameEnvironment() {
    let decision = Self.decision(
      Self.applied("prod", "a", 1, at: 5), Self.applied("prod", "b", 1, at: 6))
    #expect(Self.owners(decision).first == "database embedded db1: prod b")
    #expect(decision.losses.map(\.resource) == [.fake("a")])
    #expect(decision.losses.first?.message.contains("belongs to Fake/b, which") == true)
  }

  @Test("The order of the inventories does not matter")
  func order() {
    let (a, b) = (Self.applied("x", "shop", 1, at: 5), Self.applied("y", "shop", 1, at: 5))
    #expect(Self.owners(Self.decision(a, b)) == Self.owners(Self.decision(b, a)))
    #expect(Self.owners(Self.decision(a, b)).first == "database embedded db1: x shop")
  }

  @Test("Names of unmarked things are computed with their owners known")
  func unmarkedFirst() {
    var seen: [Bool] = []
    _ = TakeoverDecision([Self.applied("prod", "a", 1, at: 5), Self.applied("stg", "a", 1, at: 4)]) {
      entry, holdings in
      seen.append(holdings.unmarked(in: entry.environment).contains(.fake("a")))
      return []
    }
    #expect(seen == [true, false])
  }
}
