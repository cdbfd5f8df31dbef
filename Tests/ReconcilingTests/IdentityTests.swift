import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Which data a resource holds, as the engine records it.
@Suite(.timeLimit(.minutes(1))) struct IdentityTests {
  private static let first = DataIdentity(id: "a1", head: nil)
  private static let second = DataIdentity(id: "a1", head: "7:c0")

  private func recorded(_ simulation: Simulation) async throws -> [ResourceID: DataIdentity] {
    try await simulation.store.ownership().identities["dev"] ?? [:]
  }

  private func hold(_ identity: DataIdentity?, _ name: String, _ simulation: Simulation) {
    simulation.world.state.change { $0.identities[.fake(name)] = identity }
  }

  @Test("The data of a created resource is recorded, and its newest record with each pass")
  func recording() async throws {
    let simulation = Simulation()
    let desired = DesiredState.of(.fake("a"), .fake("b"))
    hold(Self.first, "a", simulation)
    try await simulation.apply(desired)
    #expect(try await recorded(simulation) == [.fake("a"): Self.first])
    hold(Self.second, "a", simulation)
    try await simulation.apply(desired)
    #expect(try await recorded(simulation) == [.fake("a"): Self.second])
    let saves = simulation.store.callCount(.save)
    try await simulation.apply(desired)
    #expect(simulation.store.callCount(.save) == saves, "nothing changed, so nothing is written")
  }

  @Test("What could not be observed, or is gone, keeps its record; a removed resource loses it")
  func keeping() async throws {
    let simulation = Simulation()
    hold(Self.second, "a", simulation)
    try await simulation.apply(.of(.fake("a"), .fake("b")))
    simulation.world.inject(.observe, into: "a")
    try await simulation.apply(.of(.fake("a"), .fake("b")))
    #expect(try await recorded(simulation)[.fake("a")] == Self.second, "not observed")
    simulation.world.heal("a")
    simulation.world.remove("a")
    hold(nil, "a", simulation)
    try await simulation.apply(.of(.fake("a"), .fake("b")))
    #expect(try await recorded(simulation)[.fake("a")] == Self.second, "created again without a report")
    try await simulation.apply(.of(.fake("b")), allowances: Allowances(prune: true))
    #expect(try await recorded(simulation) == [:])
  }

  @Test("A resource that is only observed has no record, and neither has one that cannot be planned")
  func observedOnly() async throws {
    let simulation = Simulation()
    for name in ["a", "b"] {
      simulation.world.put(name, name == "a" ? 1 : 2)
      hold(Self.second, name, simulation)
    }
    try await simulation.apply(.of(.fake("a", mode: .observe), .fake("b", -1)))
    #expect(try await recorded(simulation) == [:])
  }

  @Test("Planners and backends get the record of the environment") func context() async throws {
    let simulation = Simulation()
    hold(Self.second, "a", simulation)
    try await simulation.apply(.of(.fake("a")))
    for scope in [nil, [ResourceID.fake("a")]] as [Set<ResourceID>?] {
      let context = try await simulation.engine.prepare(.of(.fake("a")), scope: scope).context
      #expect(context.recordedIdentity(of: .fake("a")) == Self.second)
      #expect(context.recordedIdentity(of: .fake("b")) == nil)
    }
  }
}
