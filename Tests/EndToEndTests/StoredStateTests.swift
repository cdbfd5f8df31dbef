import FoundationEssentials
import Model
import Postgres
import PostgresSupport
import Testing

extension EndToEnd {
  /// State that an earlier version recorded. `Stored` holds the private server of version 0.4.0 as a dump:
  /// two revisions, three jobs that succeeded on nodes which have left since, their payments, tokens and the
  /// audit trail.
  @Suite struct StoredState {
    /// The mark of the controller that recorded the state, on the roles that it made.
    private static let owner = "9c08ac9a"

    private static let folder =
      "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Stored"

    @Test("A state of version 0.4.0 opens, needs only migrations and marks of owners, and its records verify")
    func state040() async throws {
      try await Installation.with { installation in
        try await StoredState.restore(into: installation)
        let plan = try await installation.run("plan", installation.manifestFolder + "/dev", "-o", "json")
        let steps = try plan.json()["resources"]?.elements.flatMap { $0["steps"]?.elements ?? [] } ?? []
        let summaries = steps.compactMap { $0["summary"]?.plainText }
        #expect(
          summaries.filter { !$0.hasPrefix("migrate ") } == [
            "record the owner of database platform", "record the owner of database reports",
            "record the owner of role analyst",
          ], "\(plan)")
        #expect(steps.allSatisfy { $0["risk"] == .string("safe") })
        for command in [["audit", "verify"], ["ledger", "verify"]] {
          let outcome = try await installation.run(command) { _ in }.outcome
          #expect(outcome.exitCode == 0, "\(outcome)")
        }
        let apply = try await installation.run("apply", installation.manifestFolder + "/dev")
        #expect(apply.exitCode == 0, "\(apply)")
        #expect(try await installation.unready() == [])
        let again = try await installation.run(
          "plan", installation.manifestFolder + "/dev", "--detailed-exitcode")
        #expect(again.exitCode == 0, "\(again)")
      }
    }

    @Test("Jobs, payments and tokens of version 0.4.0 are listed as they were recorded")
    func records040() async throws {
      try await Installation.with { installation in
        try await StoredState.restore(into: installation)
        let jobs = try await installation.run("job", "list", "-o", "json").json().elements
        #expect(jobs.map { $0["state"] } == Array(repeating: .string("succeeded"), count: 3))
        let statement = try await installation.run(
          "credits", "balance", "account/carla", "-o", "json")
        #expect(statement.output.contains("18.99"), "\(statement)")
        let tokens = try await installation.run("token", "list")
        #expect(tokens.output.contains("carla-app"), "\(tokens)")
      }
    }

    private static func restore(into installation: Installation) async throws {
      try FileManager.default.createDirectory(
        atPath: installation.state, withIntermediateDirectories: true)
      try (owner + "\n").write(toFile: installation.state + "/owner", atomically: true, encoding: .utf8)
      for layer in ["base", "dev"] {
        try FileManager.default.copyItem(
          atPath: "\(folder)/manifests/\(layer)", toPath: "\(installation.manifestFolder)/\(layer)")
      }
      let server = PostgresServer(stateFolder: installation.state)
      try await server.start()
      let socket = await server.socketFolder ?? ""
      let script =
        "gzip -dc '\(folder)/state-0.4.0.sql.gz' "
        + "| psql -h '\(socket)' -U postgres -d postgres -q -v ON_ERROR_STOP=1 >/dev/null"
      let status = TestFolder.run(["sh", "-c", script])
      try await server.stop()
      try #require(status == 0, "the dump could not be restored")
    }
  }
}
