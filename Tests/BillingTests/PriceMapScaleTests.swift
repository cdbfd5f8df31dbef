import Billing
import Glibc
import KindTestSupport
import Manifests
import Model
import Planning
import Postgres
import PostgresSupport
import Reconciling
import Testing

/// Ten thousand maps, measured only when `RENDERTRUST_MEASURE` is set, because debug builds and busy machines
/// say nothing about speed.
@Suite(.enabled(if: getenv("RENDERTRUST_MEASURE") != nil), .serialized)
struct PriceMapScaleTests {
  @Test("Observes and plans ten thousand maps") func observesAndPlansTenThousandMaps() async throws {
    try await World.with { world in
      try await world.pool.script(
        """
        INSERT INTO price_map_entries (map, price_id, credits_micro, amount_tenthousandths, currency)
        SELECT 'map-' || m, 'price_' || m || '_' || p, p * 1000000, p * 100000, 'usd'
        FROM generate_series(1, 10000) m, generate_series(1, 3) p;
        ANALYZE price_map_entries;
        """)
      let maps = (1...10_000).map { scaleMap($0, prices: 3) }
      let subjects = maps.map { Subject(id: $0.id, desired: $0, lastApplied: nil) }
      let contexts = maps.map { Fixture.context($0) }
      let clock = ContinuousClock()
      var answers: [ResourceID: Result<PriceMapObserved?, BackendError>] = [:]
      for _ in 0..<5 {
        let observing = await clock.measure {
          answers = await world.backend.observe(subjects, in: World.context)
        }
        let planning = try clock.measure {
          for (map, context) in zip(maps, contexts) {
            let outcome = try PriceMapPlanner().plan(map, try answers[map.id]?.get() ?? nil, context)
            #expect(outcome.steps.isEmpty)
          }
        }
        print("10,000 maps of 3 prices: observed in \(observing), planned in \(planning)")
      }
    }
  }

  @Test("Records two thousand maps") func recordsTwoThousandMaps() async throws {
    try await World.with { world in
      let maps = (1...2_000).map { scaleMap($0, prices: 3) }
      let backend = world.backend
      let elapsed = try await ContinuousClock().measure {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for start in 0..<16 {
            group.addTask {
              for index in stride(from: start, to: maps.count, by: 16) {
                let map = maps[index]
                try await backend.apply(
                  .write(entries: map.spec.entries, close: []),
                  to: Subject(id: map.id, desired: map, lastApplied: nil), in: World.context)
              }
            }
          }
          try await group.waitForAll()
        }
      }
      print("2,000 new maps of 3 prices, 16 at a time: recorded in \(elapsed)")
    }
  }
}

private func scaleMap(_ number: Int, prices: Int) -> Resource<PriceMapSpec> {
  var spec = PriceMapSpec()
  for index in 1...prices {
    var price = PriceSpec()
    price.credits = Credits(micro: Int64(index) * 1_000_000)
    price.amount = Amount(tenThousandths: Int64(index) * 100_000)
    spec.prices["price_\(number)_\(index)"] = price
  }
  return Resource(
    id: ResourceID(kind: "PriceMap", name: "map-\(number)"), metadata: Metadata(), spec: spec, references: [],
    location: nil, digest: Digest(of: spec.value))
}
