import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct EmptyEnvironmentTests {
  @Test("An environment without a revision records nothing for no resources")
  func noRevision() async throws {
    let simulation = Simulation()
    let convergence = try await simulation.apply(.of())
    #expect(convergence.revision.number == 0)
    #expect(try await simulation.store.latestRevision(of: "dev") == nil)
  }

  @Test("An environment with a revision records that it has no resources any more")
  func removal() async throws {
    let simulation = Simulation()
    try await simulation.apply(.of(.fake("a")))
    let convergence = try await simulation.apply(.of())
    #expect(convergence.revision.number == 2)
    #expect(try await simulation.store.latestRevision(of: "dev")?.number == 2)
  }
}
