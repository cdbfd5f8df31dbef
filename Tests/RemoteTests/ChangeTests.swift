import FoundationEssentials
import Glibc
import Manifests
import Model
import Planning
import Reconciling
import Subprocess
import Testing

@testable import ControlPlane
@testable import rendertrust

extension Remote {
  @Suite struct Changes {
    /// Replaces the durations of steps.
    private func normalised(_ text: String) -> String {
      text.replacing(/[0-9]+\.[0-9]s/, with: "0.0s")
    }

    @Test("An apply through a server prints the output of a local apply and records the name of the token")
    func apply() async throws {
      var local: CommandOutcome?
      for isRemote in [false, true] {
        let first = local
        let outcome = try await applied(isRemote: isRemote)
        if let first {
          #expect(outcome.exitCode == first.exitCode)
          #expect(normalised(outcome.output) == normalised(first.output), "\(first)\n===\n\(outcome)")
        }
        local = outcome
      }
    }

    private func applied(isRemote: Bool) async throws -> CommandOutcome {
      let end = Box<CommandOutcome>()
      try await ServedState.with { served in
        try served.writeLedger()
        let words = ["apply", served.manifests]
        let outcome = isRemote ? try await served.remote(words) : try await served.local(words)
        try #require(outcome.exitCode == 0, "\(outcome)")
        await end.set(outcome)
        let history = try await served.local(["history", "-o", "json"])
        let newest = try Value.members(["all": Value(json: history.output)]).list(at: "all")?.first
        let actor = newest?.text(at: "actor")
        #expect(isRemote ? actor == "olga (API)" : actor?.contains("@") == true)
        let again = isRemote ? try await served.remote(words) : try await served.local(words)
        #expect(again.exitCode == 0 && again.output.contains("No changes."), "\(again)")
        let json =
          isRemote
          ? try await served.remote(words + ["-o", "json"]) : try await served.local(words + ["-o", "json"])
        #expect(try Value(json: json.output).integer(at: "revision") == 1, "\(json)")
      }
      return try #require(await end.value)
    }

    @Test("A rollback through a server restores a revision; a blocked change exits with 4")
    func rollback() async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        try #require(try await served.remote(["apply", served.manifests]).exitCode == 0)
        try FileManager.default.removeItem(atPath: "\(served.manifests)/ledger.yaml")
        let blocked = try await served.remote(["apply", served.manifests])
        #expect(blocked.exitCode == 4 && blocked.output.contains("blocked"), "\(blocked)")
        let atomic = try await served.remote(["apply", served.manifests, "--atomic"])
        #expect(atomic.exitCode == 4 && atomic.errors.contains("nothing was changed"), "\(atomic)")
        let back = try await served.remote(["rollback"])
        #expect(back.exitCode == 0 && back.output.contains("Quarantined: revision 2."), "\(back)")
        let none = try await served.remote(["rollback", "7"])
        #expect(none.exitCode == 2 && none.errors.contains("not an earlier revision of dev"), "\(none)")
      }
    }

    @Test(
      "A change through a server that destroys data needs a confirmation, and its refusal lists the steps")
    func confirmation() async throws {
      try await ServedState.with { served in
        func declare(_ names: String...) throws {
          let header = "apiVersion: rendertrust.com/v1\nkind: "
          let databases = names.map { "\(header)Database\nmetadata: {name: \($0)}\nspec: {embedded: {}}\n" }
          let environment = "\(header)Environment\nmetadata: {name: dev}\nspec: {mockGPUs: true}\n"
          try served.write(([environment] + databases).joined(separator: "---\n"), to: "databases.yaml")
        }
        try declare("p1", "p2", "p3", "p4")
        try #require(try await served.remote(["apply", served.manifests]).exitCode == 0)
        try declare("p2", "p3", "p4")
        let refused = try await served.remote(["apply", served.manifests])
        #expect(refused.exitCode == 4, "\(refused)")
        #expect(
          refused.errors.contains("1 step destroys data (Database/p1): pass --yes, or save the plan"),
          "\(refused)")

        var body: [String: Value] = [
          "manifests": try Platform.schemasOnly().bundle([served.manifests]).value
        ]
        let error = try #require(try await refusal(of: body, by: served))
        #expect(error.code == .blocked && error.message.contains("‘confirmed’"), "\(error)")
        #expect(error.unconfirmed.map(\.resource) == [ResourceID(kind: "Database", name: "p1")])
        body["confirmedSteps"] = .array([.string(Digest(of: "another step").hex)])
        #expect(try await refusal(of: body, by: served)?.code == .blocked)
        #expect(try await served.state.store.latestRevision(of: "dev")?.number == 1)
        body["confirmedSteps"] = .array(error.unconfirmed.map { .string($0.digest.hex) })
        #expect(try await served.change(.object(body)).report.exitCode == 0)

        let back = try await served.remote(["rollback"])
        #expect(back.exitCode == 0, "\(back)")
        let again = try await served.remote(["rollback", "2"])
        #expect(again.exitCode == 4 && again.errors.contains("(Database/p1): pass --yes\n"), "\(again)")
        let confirmed = try await served.remote(["rollback", "2", "--yes"])
        #expect(confirmed.exitCode == 0, "\(confirmed)")
      }
    }

    private func refusal(of body: [String: Value], by served: ServedState) async throws -> OperationError? {
      do {
        _ = try await served.change(.object(body))
        return nil
      } catch let error as OperationError {
        return error
      }
    }

    @Test("A server applies a saved plan, and refuses it after a change of the manifests")
    func savedPlan() async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        let file = served.folder + "/first.plan"
        let saved = try await served.remote(["plan", served.manifests, "--out", file])
        try #require(saved.exitCode == 0, "\(saved)")
        let local = served.folder + "/second.plan"
        _ = try await served.local(["plan", served.manifests, "--out", local])
        #expect(
          try String(contentsOfFile: file, encoding: .utf8) == String(contentsOfFile: local, encoding: .utf8))
        let applied = try await served.remote(["apply", file])
        #expect(applied.exitCode == 0, "\(applied)")
        try served.write("minute: \"0.2\"\n", to: "rates.yaml")
        let refused = try await served.remote(["apply", file])
        #expect(
          refused.exitCode == 1 && refused.errors.contains("is not applied: the manifests changed"),
          "\(refused)")
      }
    }

    @Test("A server that follows a folder refuses other manifests without --override-folder")
    func followedFolder() async throws {
      try await ServedState.with(follows: true) { served in
        try served.writeLedger()
        let refused = try await served.remote(["apply", served.manifests])
        #expect(refused.exitCode == 4 && refused.errors.contains("--override-folder"), "\(refused)")
        let overridden = try await served.remote(["apply", served.manifests, "--override-folder"])
        #expect(overridden.exitCode == 0, "\(overridden)")
        // The newest revision may be applied again.
        #expect(try await served.remote(["apply", served.manifests]).exitCode == 0)
      }
    }

    @Test(
      "A server continues an apply after its caller was killed or stopped by Ctrl-C",
      arguments: [SIGKILL, SIGINT])
    func lostCaller(signal: Int32) async throws {
      try await ServedState.with { served in
        try served.writeLedger()
        let line = [
          "-u", "RENDERTRUST_SERVER", "RENDERTRUST_TOKEN=\(served.operatorToken)", ServedState.program,
          "apply",
          served.manifests, "--server", served.address,
        ]
        let ended = try await Subprocess.run(
          .name("env"), arguments: Arguments(line), input: .none, output: .string(limit: 1 << 20),
          error: .string(limit: 1 << 20)
        ) { execution in
          // Stops the caller once the apply has started.
          for _ in 0..<3000 {
            if try await !served.state.environments.all().isEmpty { break }
            try await Task.sleep(for: .milliseconds(10))
          }
          kill(execution.processIdentifier.value, signal)
        }
        #expect(
          signal != SIGINT || ended.standardError.contains("continues the change"),
          "\(ended.standardError)")
        var isReady = false
        for _ in 0..<3000 where !isReady {
          let statuses = try await served.state.store.statuses(of: "dev")
          isReady = statuses.count == 3 && statuses.values.allSatisfy(\.isReady)
          try await Task.sleep(for: .milliseconds(10))
        }
        #expect(isReady)
      }
    }
  }
}

/// Returns a value from a closure.
actor Box<Content: Sendable> {
  private(set) var value: Content?
  func set(_ value: Content) { self.value = value }
}
