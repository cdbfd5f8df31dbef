import Billing
import KindTestSupport
import Model
import Planning
import Reconciling
import Testing

@Suite struct EnvironmentPricesTests {
  @Test("Prices of the environment are parsed") func parsesPrices() throws {
    let prices = try EnvironmentPrices(parsing: " price_abc=100 ,price_def = 0.5,")
    #expect(
      prices.credits == ["price_abc": Credits(micro: 100_000_000), "price_def": Credits(micro: 500_000)])
    #expect(try EnvironmentPrices(parsing: "") == .none)
    #expect(try EnvironmentPrices(parsing: " ") == .none)
  }

  static let wrong: [(text: String, column: Int, part: String)] = [
    ("price_abc", 1, "no ‘=’"), ("a=1,,b=2", 5, "no ‘=’"), ("a=1, b", 6, "no ‘=’"),
    ("=1", 1, "not a Price ID"), ("a-b=1", 1, "not a Price ID"), ("a=1,b c=2", 5, "not a Price ID"),
    ("a=", 1, "not a number"), ("a=x", 1, "not a number"), ("a=1=2", 1, "not a number"),
    ("a=0.0000001", 1, "not a number"),
    ("a=1,b=99999999999999999999", 5, "not a number"), ("a=0", 1, "gives 0 credits"),
    ("b=1,a=-5", 5, "gives -5 credits"),
    ("a=1000000000.000001", 1, "more credits than one movement"), ("a=1,b=2,a=1", 9, "occurs twice"),
  ]

  @Test("A syntax error has its column", arguments: wrong) func syntaxErrorHasColumn(
    _ row: (text: String, column: Int, part: String)
  ) {
    let problem = #expect(throws: EnvironmentPrices.SyntaxError.self) {
      try EnvironmentPrices(parsing: row.text)
    }
    #expect(problem?.column == row.column, "\(row.text)")
    #expect(problem?.description.hasPrefix("STRIPE_PRICE_MAP:\(row.column): ") == true)
    #expect(problem?.message.contains(row.part) == true, "\(problem?.message ?? "")")
  }

  @Test("A conflict blocks the map, and equal credits do not") func conflictBlocksMap() async throws {
    let map = try Fixture.resource(
      PriceMapSpec.self, "packs", #"{"prices":{"price_a":{"credits":1},"price_b":{"credits":2}}}"#)
    let same = try EnvironmentPrices(parsing: "price_a=1,price_c=9")
    #expect(same.conflicts(with: map.spec) == [])
    let other = try EnvironmentPrices(parsing: "price_b=3,price_a=1.5")
    #expect(other.conflicts(with: map.spec).map(\.price) == ["price_a", "price_b"])
    try await World.with { (world) async throws in
      func outcome(_ prices: EnvironmentPrices) async throws -> PlanOutcome<PriceMapOperation> {
        let pool = world.pool
        let backend = PriceMapBackend(environmentPrices: prices) { _ in pool }
        let subject = Subject(id: map.id, desired: map, lastApplied: nil)
        let seen = try await backend.observe([subject], in: World.context)[map.id]?.get() ?? nil
        return try PriceMapPlanner().plan(map, seen, Fixture.context(map))
      }
      #expect(
        try await outcome(other).waitingOn
          == "one value of price_a, which gives 1 credits in the manifest and 1.5 in STRIPE_PRICE_MAP")
      #expect(try await outcome(same).steps.map(\.summary) == ["record 2 prices of packs"])
    }
  }
}
