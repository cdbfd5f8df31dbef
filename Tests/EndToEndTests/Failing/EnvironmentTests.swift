import DockerEngine
import FoundationEssentials
import Glibc
import Model
import Postgres
import PostgresSupport
import Testing

extension EndToEnd {
  /// Environments of one state that declare the same things.
  @Suite struct Environments {
    @Test("Destroying a second environment leaves the database and the ledger of the first")
    func secondEnvironment() async throws {
      try await Installation.with { installation in
        let before = try await Environments.applyFirst(in: installation)
        let second = try Environments.folder(
          "second", of: installation, [.environment("stg"), .database, .ledger])
        let refused = try await installation.run("apply", second)
        #expect(refused.exitCode == 4, "\(refused)")
        #expect(
          (refused.output + refused.errors).contains(
            "database platform of the embedded server belongs to Database/platform of environment dev"),
          "\(refused)")
        #expect(try await Environments.dump("platform", of: installation) == before, "nothing was changed")
        let unknown = try await installation.run("destroy", "-e", "stg", "--yes")
        #expect(unknown.exitCode == 2, "\(unknown)")

        let own = Manifest("Database", "platform", "embedded: {}\ndatabase: platform_stg")
        try own.text.write(toFile: "\(second)/\(own.file)", atomically: true, encoding: .utf8)
        let applied = try await installation.run("apply", second)
        #expect(applied.exitCode == 0, "\(applied)")
        let destroyed = try await installation.run("destroy", "-e", "stg", "--yes")
        #expect(destroyed.exitCode == 0, "\(destroyed)")
        let databases = try await installation.query(
          "SELECT datname FROM pg_database WHERE datname LIKE 'platform%'")
        #expect(try databases.map { row throws(PostgresError) in try row.text("datname") } == ["platform"])
        #expect(try await Environments.dump("platform", of: installation) == before)
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
      }
    }

    @Test(
      "Destroying an environment drops nothing that an earlier version let it share"
    )
    func sharedByEarlierVersion() async throws {
      try await Installation.with { installation in
        let before = try await Environments.applyFirst(in: installation)
        for statement in Environments.sharedState { try await installation.query(statement) }
        let get = try await installation.run("events", "-e", "stg", "-o", "json")
        #expect(get.output.contains("OwnershipUndecided"), "\(get)")
        let destroyed = try await installation.run("destroy", "-e", "stg", "--yes")
        #expect(destroyed.exitCode == 0, "\(destroyed)")
        #expect(
          destroyed.output.contains("belongs to Database/platform of environment dev; nothing is removed"),
          "\(destroyed)")
        #expect(try await Environments.dump("platform", of: installation) == before)
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
      }
    }

    @Test("A renamed environment is a conflict until it is renamed in the state, and nothing restarts")
    func rename() async throws {
      try await Installation.with { installation in
        let web = Manifest.service("web", image: try installation.image("webImage"))
        let shop = Manifest("Database", "shop", "embedded: {}")
        try installation.write([shop, web])
        try installation.write(Manifest.environment("h1").text, to: "env.yaml")
        try await installation.apply()
        let containers = try await installation.containers().map(\.id)
        #expect(containers.count == 1)

        try installation.write(Manifest.environment("h2").text, to: "env.yaml")
        let refused = try await installation.run("apply", installation.manifestFolder)
        #expect(refused.exitCode == 4, "\(refused)")
        #expect(
          (refused.output + refused.errors).contains("rendertrust environments rename h1 h2"), "\(refused)")
        #expect(try await installation.containers().map(\.id) == containers)

        let renamed = try await installation.run("environments", "rename", "h1", "h2")
        #expect(renamed.exitCode == 0, "\(renamed)")
        try await installation.apply()
        #expect(try await installation.containers().map(\.id) == containers)
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
        let destroyed = try await installation.run("destroy", "-e", "h1", "--yes")
        #expect(destroyed.exitCode == 2, "\(destroyed)")
        #expect(try await installation.unready() == [])
      }
    }

    @Test(
      "A loop of the former name blocks a rename while it runs, and duplicates nothing when it was paused")
    func renameBesideLoop() async throws {
      try await Installation.with { installation in
        let web = Manifest.service("web", image: try installation.image("webImage"))
        try installation.write([web])
        try installation.write(Manifest.environment("h1").text, to: "env.yaml")
        try await installation.apply()
        let containers = try await installation.containers().map(\.id)
        let up = try await installation.up("--resync", "1s") { pid in
          let hasJoined = try await installation.eventually(within: 30) {
            try await !installation.query("SELECT 1 FROM replicas WHERE role = 'up'").isEmpty
          }
          try #require(hasJoined != nil)
          let refused = try await installation.run("environments", "rename", "h1", "h2")
          #expect(refused.exitCode == 1 && refused.errors.contains("works on environment h1"), "\(refused)")
          kill(pid, SIGSTOP)
          defer { kill(pid, SIGCONT) }
          let isRenamed = try await installation.eventually(within: 30) {
            try await installation.run("environments", "rename", "h1", "h2").exitCode == 0
          }
          try #require(isRenamed != nil, "the lease of a paused loop expires")
          kill(pid, SIGCONT)
          let isBack = try await installation.eventually(within: 30) {
            try await !installation.query(
              "SELECT 1 FROM replicas WHERE role = 'up' AND environment = 'h1' AND expires_at > now()"
            ).isEmpty
          }
          #expect(isBack != nil, "the loop joins again")
          try await ContinuousClock().sleep(for: .seconds(4))
          #expect(try await installation.containers().map(\.id) == containers)
          let environments = try await installation.query("SELECT DISTINCT environment FROM inventory")
          #expect(try environments.map { row throws(PostgresError) in try row.text(0) } == ["h2"])
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        try installation.write(Manifest.environment("h2").text, to: "env.yaml")
        try await installation.apply()
        #expect(try await installation.containers().map(\.id) == containers)
      }
    }

    @Test("A service of the same name in a second environment has a container of its own")
    func services() async throws {
      try await Installation.with { installation in
        let web = Manifest.service("web", image: try installation.image("webImage"))
        try installation.write([.environment, web])
        try await installation.apply()
        let first = try await installation.containers().map(\.id)
        let second = try Environments.folder("second", of: installation, [.environment("stg"), web])
        let applied = try await installation.run("apply", second)
        #expect(applied.exitCode == 0, "\(applied)")
        let both = try await installation.containers().map(\.id)
        #expect(both.count == 2 && Set(first).isSubset(of: both))
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
        let destroyed = try await installation.run("destroy", "-e", "stg", "--yes")
        #expect(destroyed.exitCode == 0, "\(destroyed)")
        #expect(try await installation.containers().map(\.id) == first)
      }
    }

    /// Applies the environment `dev` with a ledger that has entries.
    /// - Returns: the content of its database.
    private static func applyFirst(in installation: Installation) async throws -> String {
      try installation.write([.environment, .database, .ledger])
      try await installation.apply()
      let granted = try await installation.run("credits", "grant", "account/ada", "25", "--key", "welcome")
      #expect(granted.exitCode == 0, "\(granted)")
      return try await dump("platform", of: installation)
    }

    private static func folder(_ name: String, of installation: Installation, _ manifests: [Manifest]) throws
      -> String
    {
      let folder = "\(installation.folder)/\(name)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for manifest in manifests {
        try manifest.text.write(toFile: "\(folder)/\(manifest.file)", atomically: true, encoding: .utf8)
      }
      return folder
    }

    /// The complete content of a database as SQL, with comments and privileges.
    private static func dump(_ database: String, of installation: Installation) async throws -> String {
      let server = PostgresServer(stateFolder: installation.state)
      try await server.start()
      let socket = await server.socketFolder ?? ""
      let file = "\(installation.folder)/\(database).sql"
      let status = TestFolder.run([
        "sh", "-c",
        "pg_dump -h '\(socket)' -U postgres --create -d \(database) | grep -v restrict >'\(file)'",
      ])
      try await server.stop()
      try #require(status == 0, "the database could not be dumped")
      return try String(contentsOfFile: file, encoding: .utf8)
    }

    /// Statements that make the state that of an earlier version, in which an environment `stg` was applied
    /// an hour before `dev` and declares the same.
    private static let sharedState = [
      """
      INSERT INTO revisions
      SELECT 'stg', number, manifest_digest, allows_mock_gpus, created_at - interval '1 hour', actor, commit,
        message
      FROM revisions
      """,
      """
      INSERT INTO revision_entries
      SELECT 'stg', replace(resource, 'Environment/dev', 'Environment/stg'), revision, digest, mode, document
      FROM revision_entries
      """,
      """
      INSERT INTO inventory
      SELECT 'stg', replace(resource, 'Environment/dev', 'Environment/stg'), document_digest, applied_digest,
        document, revision
      FROM inventory
      """,
      "INSERT INTO environments (name, spec) SELECT 'stg', spec FROM environments",
      "DELETE FROM claims", "DELETE FROM environment_marks",
      "UPDATE controller_identity SET is_owning = false",
    ]
  }
}

extension Manifest {
  fileprivate static func environment(_ name: String) -> Manifest {
    Manifest("Environment", name, "mockGPUs: true")
  }
}
