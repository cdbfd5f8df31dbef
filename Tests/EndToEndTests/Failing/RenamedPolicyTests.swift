import FoundationEssentials
import Model
import Postgres
import Testing

extension EndToEnd {
  /// A backup policy with another name and the same folder.
  @Suite struct RenamedPolicies {
    private static func policy(_ name: String) -> Manifest {
      Manifest("BackupPolicy", name, "of: Database/platform\nrepository: {folder: backups/a}")
    }

    @Test("A renamed BackupPolicy keeps its archive in one apply, and the archive is never off")
    func renamed() async throws {
      try await Installation.with { installation in
        let (old, new) = (RenamedPolicies.policy("nightly"), RenamedPolicies.policy("daily"))
        let others = ["p1", "p2", "p3"].map { Manifest("Database", $0, "embedded: {}") }
        try installation.write(others + [.database, old])
        try await installation.apply()
        let before = try await archive(installation)
        #expect(before.mode == "on")

        try installation.remove(old.file)
        try installation.write([new])
        let applied = try await installation.apply()
        #expect(applied.output.contains("moved from BackupPolicy/nightly"), "\(applied)")
        #expect(!applied.output.contains("restarting the server"), "\(applied)")
        let after = try await archive(installation)
        #expect(after == before)
        let plan = try await installation.run(
          "plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
        let owner = try Value(
          json: String(
            contentsOfFile: "\(installation.state)/backups/a/rendertrust-owner.json", encoding: .utf8))
        #expect(owner["resource"] == .string(new.id))
        #expect(owner["stanza"] == .string("nightly"))
        let backup = try await installation.run("backup", "now", new.id)
        #expect(backup.exitCode == 0, "\(backup)")
      }
    }

    private struct Archive: Equatable {
      let mode: String
      let command: String
    }

    private func archive(_ installation: Installation) async throws -> Archive {
      let row = try await installation.query(
        "SELECT current_setting('archive_mode') AS mode, current_setting('archive_command') AS command"
      ).only()
      return Archive(mode: try row.text("mode"), command: try row.text("command"))
    }
  }
}
