import Model
import Reconciling
import ReconcilingSupport
import Testing

@Suite(.timeLimit(.minutes(1))) struct ApplyReportTests {
  @Test("Independent branches complete, and skipped resources name the root cause")
  func skippedResourcesNameTheRootCause() async throws {
    let simulation = Simulation()
    try await simulation.apply(.of(.fake("old")))
    simulation.world.inject(.applyBeforeEffect, into: "a")
    let convergence = try await simulation.apply(
      .of(
        .fake("old"), .fake("a"), .fake("b", needs: ["a"]), .fake("c", needs: ["b"]), .fake("x"),
        .fake("y", needs: ["x"]), .fake("watched", mode: .observe)))
    let report = ApplyReport(convergence)
    #expect(
      report.entries.map { "\($0.state) \($0.id.name) \($0.because?.name ?? "-")" } == [
        "done x -", "done y -", "left watched -", "skipped b a", "skipped c a", "failed a -",
      ])
    #expect(report.entries.first { $0.id.name == "c" }?.message == "because Fake/a failed")
    #expect(report.count(.unchanged) == 1)
    #expect(report.exitCode == 1)
    #expect(report.value["summary"]?["skipped"] == .integer(2))
  }

  @Test("A resource that only a guard blocks has its own exit code")
  func guardHasItsOwnExitCode() async throws {
    let simulation = Simulation()
    try await simulation.apply(.of(.fake("a"), .fake("b")))
    let report = ApplyReport(try await simulation.apply(.of(.fake("a"))))
    #expect(report.entries.map(\.state) == [.guarded] && report.exitCode == 4)
    #expect(ApplyReport(try await simulation.apply(.of(.fake("a"), .fake("b")))).exitCode == 0)
  }

  @Test("A resource that a later pass completed is done")
  func laterPassCompletesResource() async throws {
    let simulation = Simulation()
    simulation.world.state.change { $0.gates = [.fake("a"): .fake("z")] }
    let convergence = try await simulation.apply(.of(.fake("a"), .fake("b", needs: ["a"]), .fake("z")))
    #expect(ApplyReport(convergence).entries.allSatisfy { $0.state == .done })
    #expect(ApplyReport(convergence).exitCode == 0)
  }
}
