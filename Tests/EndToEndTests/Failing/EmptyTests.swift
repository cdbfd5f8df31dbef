import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// Empty folders, wrong folders and files that are empty for a moment.
  @Suite struct EmptyManifests {
    @Test("Manifests without a resource are an error that names the manifests nearby")
    func noResources() async throws {
      try await Installation.with { installation in
        let folder = installation.manifestFolder
        for command in [["apply"], ["plan"], ["up"], ["validate"], ["server"]] {
          let empty = try await installation.run(command + [folder]) { _ in }.outcome
          #expect(empty.exitCode == 2, "\(command): \(empty)")
          #expect(empty.errors.contains("\(folder): error: no resources were found"), "\(empty)")
          #expect(empty.errors.contains("--allow-empty"), "\(empty)")
          #expect(access(installation.state, F_OK) != 0, "\(command) created a state")
        }
        try FileManager.default.createDirectory(
          atPath: folder + "/dev", withIntermediateDirectories: true)
        for manifest in [Manifest.environment, .database] {
          try installation.write(manifest.text, to: "dev/\(manifest.file)")
        }
        let high = try await installation.run("apply", folder)
        #expect(high.exitCode == 2, "\(high)")
        #expect(
          high.errors.contains("\(folder)/dev has 2 manifests: did you mean `\(folder)/dev`?"), "\(high)")
      }
    }

    @Test("An empty folder makes no environment, and later commands need no --environment")
    func phantomEnvironment() async throws {
      try await Installation.with { installation in
        let empty = installation.folder + "/empty"
        try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
        let first = try await installation.run("apply", empty, "--allow-empty")
        #expect(first.exitCode == 0, "\(first)")
        let none = try await installation.run("get")
        #expect(none.errors.contains("nothing was applied yet"), "\(none)")
        try installation.write([.environment, .database])
        try await installation.apply()
        #expect(try await installation.run("apply", empty).exitCode == 2)
        let other = try await installation.run("apply", empty, "--allow-empty")
        #expect(other.exitCode == 2, "\(other)")
        #expect(
          other.errors.contains(
            "no manifest names an environment, and the state has dev; add a manifest of kind Environment"),
          "\(other)")
        let get = try await installation.run("get")
        #expect(get.exitCode == 0 && get.output.contains("Database/platform"), "\(get)")
      }
    }

    @Test("A forgotten environment is gone, and one that owns things is not forgotten by mistake")
    func forgotten() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database])
        try await installation.apply()
        // Version 0.4.0 recorded a revision of an empty folder.
        try await installation.query(
          """
          INSERT INTO revisions
            (environment, number, manifest_digest, allows_mock_gpus, created_at, actor, message)
          SELECT 'default', 1, manifest_digest, false, created_at, actor, message FROM revisions
          """)
        let ambiguous = try await installation.run("get")
        #expect(ambiguous.exitCode == 2 && ambiguous.errors.contains("default, dev"), "\(ambiguous)")
        let forget = try await installation.run("environments", "forget", "default")
        #expect(forget.exitCode == 0, "\(forget)")
        #expect(try await installation.run("get").exitCode == 0)
        let again = try await installation.run("environments", "forget", "default")
        #expect(again.exitCode != 0, "\(again)")
        let owner = try await installation.run("environments", "forget", "dev")
        #expect(owner.exitCode != 0 && owner.errors.contains("destroy"), "\(owner)")
        let unconfirmed = try await installation.run("environments", "forget", "dev", "--abandon")
        #expect(unconfirmed.exitCode == 4, "\(unconfirmed)")
        #expect(try await installation.run("get").output.contains("Database/platform"))
        let abandoned = try await installation.run("environments", "forget", "dev", "--abandon", "--yes")
        #expect(abandoned.exitCode == 0, "\(abandoned)")
        let databases = "SELECT count(*) FROM pg_database WHERE datname = 'platform'"
        #expect(try await installation.query(databases).only().int(0) == 1, "the database stays")
      }
    }

    @Test("An environment that requires approvals is not abandoned without one")
    func approvals() async throws {
      try await Installation.with { installation in
        try installation.write([
          Manifest("Environment", "dev", "requires: {approvals: {count: 1, from: [account/ada]}}"), .database,
        ])
        try await installation.apply()
        let abandoned = try await installation.run("environments", "forget", "dev", "--abandon", "--yes")
        #expect(abandoned.exitCode == 4 && abandoned.errors.contains("requires approvals"), "\(abandoned)")
        #expect(try await installation.run("get").output.contains("Database/platform"))
      }
    }

    @Test("A file that is empty for a moment drops nothing, and no revision is made of it")
    func emptiedFile() async throws {
      try await Installation.with { installation in
        let names = ["p1", "p2", "p3"].map { Manifest("Database", $0, "embedded: {}") }
        try installation.write([.environment] + names)
        let path = installation.manifestFolder + "/" + names[0].file
        let up = try await installation.up("--resync", "1s") { _ in
          let isReady = try await installation.eventually(within: 60) {
            guard access("\(installation.state)/owner", F_OK) == 0 else { return false }
            let count = try await installation.query("SELECT count(*) FROM revisions").only().int(0)
            guard count == 1 else { return false }
            let statuses = try await installation.statuses()
            guard statuses.count == 1 + names.count else { return false }
            return try await installation.unready() == []
          }
          try #require(isReady != nil)
          let oid = "SELECT oid::bigint FROM pg_database WHERE datname = 'p1'"
          let before = try await installation.query(oid).only().int(0)
          for text in ["", "\n\n", "# being written\n"] {
            // In place, as an editor or a synchronisation tool writes.
            try text.write(toFile: path, atomically: false, encoding: .utf8)
            try await Task.sleep(for: .seconds(1))
          }
          try names[0].text.write(toFile: path, atomically: false, encoding: .utf8)
          try await Task.sleep(for: .seconds(1))
          #expect(try await installation.query(oid).only().int(0) == before)
          #expect(try await installation.query("SELECT count(*) FROM revisions").only().int(0) == 1)
        }
        #expect(up.outcome.errors.contains("the file is empty"), "\(up.outcome)")
        #expect(up.outcome.errors.contains("held Database/p1 and has no manifest now"), "\(up.outcome)")
      }
    }

    @Test("A manifest with almost the right name is not skipped")
    func misnamed() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database])
        try await installation.apply()
        try FileManager.default.moveItem(
          atPath: "\(installation.manifestFolder)/\(Manifest.database.file)",
          toPath: "\(installation.manifestFolder)/db.YAML")
        let apply = try await installation.run("apply", installation.manifestFolder)
        #expect(apply.exitCode == 2, "\(apply)")
        #expect(apply.errors.contains("‘db.YAML’ holds a manifest and is not read"), "\(apply)")
      }
    }
  }
}
