import FoundationEssentials
import Glibc
import Model
import Reconciling
import Subprocess
import Testing

@testable import ControlPlane
@testable import rendertrust

extension Remote {
  @Suite struct Changes {
    /// Without what differs from run to run: how long steps took.
    private func settled(_ text: String) -> String {
      text.replacing(/[0-9]+\.[0-9]s/, with: "0.0s")
    }

    @Test("An apply through a server prints what a local one prints, and is recorded with the token’s name")
    func apply() async throws {
      var local: Served.Outcome?
      for isRemote in [false, true] {
        let first = local
        let outcome = try await applied(isRemote: isRemote)
        if let first {
          #expect(outcome.exitCode == first.exitCode)
          #expect(settled(outcome.output) == settled(first.output), "\(first)\n===\n\(outcome)")
        }
        local = outcome
      }
    }

    private func applied(isRemote: Bool) async throws -> Served.Outcome {
      let end = Box<Served.Outcome>()
      try await Served.with { served in
        try served.writeBooks()
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

    @Test("A rollback through a server goes back, and what a guard holds has exit code 4 on both sides")
    func rollback() async throws {
      try await Served.with { served in
        try served.writeBooks()
        try #require(try await served.remote(["apply", served.manifests]).exitCode == 0)
        try served.write("", to: "books.yaml")
        let held = try await served.remote(["apply", served.manifests])
        #expect(held.exitCode == 4 && held.output.contains("blocked"), "\(held)")
        let atomic = try await served.remote(["apply", served.manifests, "--atomic"])
        #expect(atomic.exitCode == 4 && atomic.errors.contains("nothing was begun"), "\(atomic)")
        let back = try await served.remote(["rollback"])
        #expect(back.exitCode == 0 && back.output.contains("Quarantined: revision 2."), "\(back)")
        let none = try await served.remote(["rollback", "7"])
        #expect(none.exitCode == 2 && none.errors.contains("none of the earlier ones of dev"), "\(none)")
      }
    }

    @Test("A kept plan is applied by a server, and refused once the manifests changed")
    func keptPlan() async throws {
      try await Served.with { served in
        try served.writeBooks()
        let file = served.folder + "/first.plan"
        let kept = try await served.remote(["plan", served.manifests, "--out", file])
        try #require(kept.exitCode == 0, "\(kept)")
        let here = served.folder + "/second.plan"
        _ = try await served.local(["plan", served.manifests, "--out", here])
        #expect(
          try String(contentsOfFile: file, encoding: .utf8) == String(contentsOfFile: here, encoding: .utf8))
        let applied = try await served.remote(["apply", file])
        #expect(applied.exitCode == 0, "\(applied)")
        try served.write("minute: \"0.2\"\n", to: "rates.yaml")
        let refused = try await served.remote(["apply", file])
        #expect(
          refused.exitCode == 1 && refused.errors.contains("is not applied: the manifests changed"),
          "\(refused)")
      }
    }

    @Test("A server that follows a folder takes other manifests only where that is said")
    func followed() async throws {
      try await Served.with(follows: true) { served in
        try served.writeBooks()
        let refused = try await served.remote(["apply", served.manifests])
        #expect(refused.exitCode == 4 && refused.errors.contains("--override-folder"), "\(refused)")
        let taken = try await served.remote(["apply", served.manifests, "--override-folder"])
        #expect(taken.exitCode == 0, "\(taken)")
        // What is the newest revision already may be tried again.
        #expect(try await served.remote(["apply", served.manifests]).exitCode == 0)
      }
    }

    @Test(
      "A server goes on with an apply whose caller went away, killed or by Ctrl-C, and it is there to be looked at",
      arguments: [SIGKILL, SIGINT])
    func lostCaller(signal: Int32) async throws {
      try await Served.with { served in
        try served.writeBooks()
        let line = [
          "-u", "RENDERTRUST_SERVER", "RENDERTRUST_TOKEN=\(served.operatorToken)", Served.program, "apply",
          served.manifests, "--server", served.address,
        ]
        let ended = try await Subprocess.run(
          .name("env"), arguments: Arguments(line), input: .none, output: .string(limit: 1 << 20),
          error: .string(limit: 1 << 20)
        ) { execution in
          // Something is under way: then the caller is gone without a word.
          for _ in 0..<3000 {
            if try await !served.session.refreshed().environments.isEmpty { break }
            try await Task.sleep(for: .milliseconds(10))
          }
          kill(execution.processIdentifier.value, signal)
        }
        #expect(
          signal != SIGINT || ended.standardError.contains("continues the change"),
          "\(ended.standardError)")
        var isReady = false
        for _ in 0..<3000 where !isReady {
          let statuses = try await served.session.store.statuses(of: "dev")
          isReady = statuses.count == 3 && statuses.values.allSatisfy(\.isReady)
          try await Task.sleep(for: .milliseconds(10))
        }
        #expect(isReady)
      }
    }
  }
}

/// Carries a value out of a closure.
actor Box<Content: Sendable> {
  private(set) var value: Content?
  func set(_ value: Content) { self.value = value }
}
