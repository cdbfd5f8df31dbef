import DockerEngine
import FoundationEssentials
import Glibc
import Model
import Postgres
import Subprocess
import Testing

extension EndToEnd {
  /// The confirmation of steps that destroy data.
  @Suite struct Confirmations {
    private static func databases(_ names: String...) -> [Manifest] {
      names.map { Manifest("Database", $0, "embedded: {}") }
    }

    /// Four databases, of which the manifests still declare three.
    private func withLeavingDatabase(_ work: (Installation) async throws -> Void) async throws {
      try await Installation.with { installation in
        let all = Self.databases("p1", "p2", "p3", "p4")
        try installation.write([.environment] + all)
        try await installation.apply()
        try installation.remove(all[0].file)
        try await work(installation)
      }
    }

    private func exists(_ name: String, _ installation: Installation) async throws -> Bool {
      try await !installation.query("SELECT 1 FROM pg_database WHERE datname = $1", [.text(name)]).isEmpty
    }

    @Test("Without a terminal, a saved plan or --yes confirms; a refusal records nothing")
    func withoutTerminal() async throws {
      try await withLeavingDatabase { installation in
        for more in [[], ["--atomic"]] {
          let refused = try await installation.run(["apply", installation.manifestFolder] + more) { _ in }
            .outcome
          #expect(refused.exitCode == 4, "\(refused)")
          #expect(refused.errors.contains("1 step destroys data (Database/p1): pass --yes"), "\(refused)")
        }
        #expect(try await installation.query("SELECT count(*) FROM revisions").only().int(0) == 1)
        let file = installation.folder + "/drop.plan"
        _ = try await installation.run("plan", installation.manifestFolder, "--out", file)
        let applied = try await installation.run("apply", file)
        #expect(applied.exitCode == 0, "\(applied)")
        #expect(try await !exists("p1", installation))

        // The way back creates p1; the way back from that drops it again.
        let back = try await installation.run("rollback", "1")
        #expect(back.exitCode == 0, "\(back)")
        let again = try await installation.run("rollback", "2")
        #expect(again.exitCode == 4 && again.errors.contains("Database/p1): pass --yes\n"), "\(again)")
        #expect(try await exists("p1", installation))
        #expect(try await installation.run("rollback", "2", "--yes").exitCode == 0)
        #expect(try await !exists("p1", installation))
      }
    }

    @Test("On a terminal the steps are listed, and only the answer yes destroys")
    func onTerminal() async throws {
      try await withLeavingDatabase { installation in
        for answer in ["no", ""] {
          let refused = try await answering(answer, ["apply", installation.manifestFolder], installation)
          #expect(refused.contains("These steps destroy data:"), "\(refused)")
          #expect(refused.contains("Database/p1  drop database p1 and everything in it"), "\(refused)")
          #expect(refused.contains("not confirmed: nothing was changed"), "\(refused)")
        }
        #expect(try await exists("p1", installation))
        let applied = try await answering("yes", ["apply", installation.manifestFolder], installation)
        #expect(applied.contains("Revision 2 of dev"), "\(applied)")
        #expect(try await !exists("p1", installation))
      }
    }

    /// The output of a command on a terminal, after this answer to its question.
    private func answering(
      _ answer: String, _ words: [String], _ installation: Installation
    ) async throws -> String {
      let line = ([Installation.program] + words + ["--state", installation.state]).joined(separator: " ")
      let result = try await Subprocess.run(
        .name("script"), arguments: ["-qec", line, "/dev/null"],
        environment: .inherit.updating([
          "DOCKER_HOST": "\(installation.engine.endpoint)", "NO_COLOR": "1",
        ]), input: .string(answer + "\n"), output: .string(limit: 1 << 20), error: .discarded)
      return result.standardOutput
    }

    @Test("destroy says that accounts and entries are dropped with their database")
    func booksLeaveWithTheirDatabase() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .ledger])
        try await installation.apply()
        let done = try await installation.run("destroy", "--yes")
        #expect(done.exitCode == 0, "\(done)")
        let release =
          "release the ledger credits; its accounts, entries and rules are dropped with database platform"
        #expect(done.output.contains(release), "\(done)")
        #expect(!done.output.contains("rules stay"), "\(done)")
        #expect(try await !exists("platform", installation))
      }
    }
  }
}
