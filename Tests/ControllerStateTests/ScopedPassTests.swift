import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(2))) struct ScopedPassTests {
  @Test("The cost of a pass follows from the size of its scope")
  func costFollowsFromTheScope() async throws {
    try await StoreUnderTest.withPostgres { store in
      let resources = (0..<3_000).map { AnyResource.fake("r\($0)", 1, needs: $0 > 0 ? ["r0"] : []) }
      let desired = DesiredState(environment: "dev", allowsMockGPUs: true, resources: resources)
      let world = FakeWorld()
      for resource in resources { world.put(resource.id.name, 1) }
      let engine = Simulation.engine(over: store, world: world, time: ManualTime(), name: "p")
      let clock = ContinuousClock()
      let whole = try await clock.measure {
        let preparation = try await engine.prepare(desired)
        _ = try await engine.converge(preparation, by: Simulation.authorship, allowances: Allowances())
      }
      var times: [Duration] = []
      for number in 0..<20 {
        world.remove("r\(number + 1)")
        times.append(
          try await clock.measure {
            let preparation = try await engine.prepare(
              desired, revision: 1, scope: [.fake("r\(number + 1)")], leaving: [])
            let report = try await engine.perform(preparation)
            #expect(report.results.values.map { $0 } == [.done])
          })
      }
      let median = times.sorted()[times.count / 2]
      print("3,000 resources: all at once \(whole), one of them (median) \(median)")
      #expect(median < whole / 20, "one of many must not cost like all of them")
    }
  }
}
