import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Whatever fails for a while: once nothing fails any more, everything becomes as declared.
@Suite(.timeLimit(.minutes(2))) struct ConvergencePropertyTests {
  private struct Random: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  private static let names = (0..<20).map { "r\($0)" }

  /// Each needs some of those before it; some are left out.
  private static func desired(_ random: inout Random) -> DesiredState {
    var chosen: [String] = []
    var resources: [AnyResource] = []
    for name in names where Int.random(in: 0..<8, using: &random) > 0 {
      let needs = Set(
        (0..<2).compactMap { _ in Bool.random(using: &random) ? chosen.randomElement(using: &random) : nil })
      resources.append(.fake(name, Int.random(in: 0..<3, using: &random), needs: needs.sorted()))
      chosen.append(name)
    }
    return DesiredState(environment: "dev", allowsMockGPUs: true, resources: resources)
  }

  private static func injectFaults(_ simulation: Simulation, _ random: inout Random) {
    simulation.world.state.change { state in
      state.faults = [:]
      for name in names where Int.random(in: 0..<4, using: &random) == 0 {
        let faults: [FakeWorld.Fault] = [.observe, .applyBeforeEffect, .applyAfterEffect, .lie]
        state.faults[.fake(name)] = faults.randomElement(using: &random).map { [$0] } ?? []
      }
      for name in names where Int.random(in: 0..<20, using: &random) == 0 {
        state.things[.fake(name)]?.number = 99
      }
    }
    let call = MemoryStateStore.Call.allCases.randomElement(using: &random) ?? .save
    if Int.random(in: 0..<3, using: &random) == 0 { simulation.store.fail(call, times: 1) }
  }

  @Test(arguments: 0..<SoakSeeds.count(200)) func `converges once faults stop`(seed: UInt64) async throws {
    var random = Random(state: seed)
    let simulation = Simulation()
    var last = Self.desired(&random)
    try await simulation.run(from: last) { feed in
      await simulation.log.until { !$0.plans.isEmpty }
      for _ in 0..<12 {
        Self.injectFaults(simulation, &random)
        if Int.random(in: 0..<4, using: &random) == 0 {
          last = Self.desired(&random)
          feed.yield(.desired(last, Simulation.authorship))
        }
        feed.yield(.changed([.fake(Self.names.randomElement(using: &random) ?? "r0")]))
        feed.yield(.tick)
        simulation.time.advance(TimeSpan(milliseconds: Int64.random(in: 1...4000, using: &random)))
        for _ in 0..<Int.random(in: 0..<20, using: &random) { await Task.yield() }
      }
      simulation.world.state.change { $0.faults = [:] }
      for call in MemoryStateStore.Call.allCases { simulation.store.fail(call, times: 0) }
    }
    // A new controller finds what the old one left, wherever it ended.
    let wanted = last
    try await simulation.run(from: wanted) { feed in
      for _ in 0..<400 {
        let statuses = try await simulation.store.statuses(of: "dev").filter {
          $0.value.condition(.blocked)?.reason != "Guarded"
        }
        if wanted.resources.allSatisfy({ statuses[$0.id]?.isReady == true }),
          statuses.count == wanted.resources.count
        {
          break
        }
        simulation.time.advance(TimeSpan(seconds: 1))
        feed.yield(.tick)
        for _ in 0..<20 { await Task.yield() }
      }
    }
    let statuses = try await simulation.store.statuses(of: "dev")
    // Only what the prune guard holds may be left.
    let left = try await simulation.engine.prepare(wanted).plan.resources.filter { $0.outcome != .unchanged }
    #expect(left.allSatisfy { $0.outcome == .blocked && $0.desired == nil }, "seed \(seed)")
    try await simulation.apply(wanted, allowances: Allowances(prune: true))
    let plan = try await simulation.engine.prepare(wanted).plan
    #expect(wanted.resources.allSatisfy { statuses[$0.id]?.isReady == true }, "seed \(seed)")
    #expect(!plan.hasChanges, "seed \(seed)")
    #expect(Set(simulation.world.things.keys) == Set(wanted.resources.map(\.id)), "seed \(seed)")
    #expect(simulation.world.state.value.violations == [], "seed \(seed)")
    let journal = try await simulation.store.journal(of: "dev", id: nil, limit: 100_000)
    #expect(journal.allSatisfy { $0.outcome != nil }, "seed \(seed)")
  }
}
