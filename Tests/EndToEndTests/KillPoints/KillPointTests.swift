import DockerSupport
import Postgres
import Testing

/// A controller, or a system that it drives, is killed after each effect of each step; the next controller
/// converges without any other action.
///
/// Not a part of `EndToEnd`, whose time limit is too short for it.
@Suite(
  .serialized, .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)))
struct KillPointTests {
  @Test("Whatever is killed after any effect of any step, the next controller converges")
  func killPoints() async throws {
    let selection = KillPointSelection.current
    print("kill points: \(selection)")
    try await Installation.with { installation in
      let server = PostgresServer(stateFolder: installation.state)
      try await server.start()
      let table = KillPointTable()
      for scenario in try KillPointScenario.all(installation) where selection.includes(scenario) {
        let run = KillPointRun(
          scenario: scenario, world: KillPointWorld(installation: installation, server: server),
          selection: selection, table: table)
        do { try await run.run() } catch { Issue.record("\(scenario.name): \(error)") }
      }
      try await server.stop()
      print(table.text)
      #expect(table.failures.isEmpty, "\(table.failures.joined(separator: "\n\n"))")
      guard selection.isComplete else { return }
      let missing = KillPointOperation.all.subtracting(table.operations)
      #expect(missing.isEmpty, "no scenario runs \(missing.sorted())")
    }
  }
}
