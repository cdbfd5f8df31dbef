import FoundationEssentials
import Model
import Postgres
import Testing

extension EndToEnd {
  /// A manifest that is empty or absent for a moment, as editors and sync tools leave it.
  @Suite struct EmptiedFiles {
    private static let rounds = 20
    private static let databases = (1...5).map { Manifest("Database", "p\($0)", "embedded: {}") }

    private func withDatabases(_ work: (Installation) async throws -> Void) async throws {
      try await Installation.with { installation in
        try installation.write([.environment] + Self.databases)
        try await installation.apply()
        try await work(installation)
      }
    }

    /// Empties or removes the file of p1, and writes it again after a moment.
    private func disturb(_ round: Int, for pause: Duration, _ installation: Installation) async throws {
      let file = Self.databases[0].file
      if round.isMultiple(of: 2) {
        try installation.remove(file)
      } else {
        try Data().write(to: URL(filePath: "\(installation.manifestFolder)/\(file)"))
      }
      try await ContinuousClock().sleep(for: pause)
      try installation.write([Self.databases[0]])
    }

    private func identity(_ installation: Installation) async throws -> Int64? {
      try await installation.query("SELECT oid::bigint AS id FROM pg_database WHERE datname = 'p1'").first?
        .int("id")
    }

    private func isDamaged(_ installation: Installation) async throws -> Bool {
      try await !installation.query("SELECT 1 FROM pg_database WHERE datconnlimit = -2").isEmpty
    }

    @Test("A file that is absent for a moment drops nothing and is no revision; one that stays absent does")
    func quietPeriod() async throws {
      try await withDatabases { installation in
        let before = try #require(try await identity(installation))
        let up = try await installation.up("--quiet-period", "2s") { _ in
          for round in 0..<Self.rounds {
            try await disturb(round, for: .milliseconds(200), installation)
            try await ContinuousClock().sleep(for: .milliseconds(300))
          }
          try await ContinuousClock().sleep(for: .seconds(3))
          #expect(try await identity(installation) == before, "the database is another one")
          #expect(try await installation.query("SELECT count(*) FROM revisions").only().int(0) == 1)
          #expect(
            try await installation.query("SELECT count(*) FROM journal WHERE action = 'delete'").only().int(0)
              == 0)
          #expect(try await !isDamaged(installation))

          try installation.remove(Self.databases[0].file)
          let isAnnounced = try await installation.eventually(within: 10) {
            let status = try await installation.run("get")
            return status.output.hasPrefix("1 resource leaves in ")
              && status.output.contains(": Database/p1\n")
          }
          #expect(isAnnounced != nil, "the removal is not announced")
          let pending = try await installation.query("SELECT loses_data FROM pending_removals").first
          #expect(try pending?.bool("loses_data") != false, "dropping a database destroys data")
          let isGone = try await installation.eventually(within: 20) {
            try await identity(installation) == nil
          }
          #expect(isGone != nil, "the database was not dropped")
          #expect(try await installation.query("SELECT count(*) FROM revisions").only().int(0) == 2)
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        #expect(try await installation.events().contains("RemovalPending –"))
      }
    }

    @Test("A drop that began completes, whatever the manifests declare meanwhile")
    func completedDrops() async throws {
      try await withDatabases { installation in
        let up = try await installation.up("--quiet-period", "0s") { _ in
          for round in 0..<Self.rounds {
            // Some pauses end while PostgreSQL drops the database.
            try await disturb(0, for: .milliseconds(20 + 7 * round), installation)
            try await ContinuousClock().sleep(for: .milliseconds(200))
            // A drop that runs at this moment looks the same as one that was cancelled.
            let isWhole = try await installation.eventually(within: 20) { try await !isDamaged(installation) }
            #expect(isWhole != nil, "round \(round)")
          }
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        try await installation.apply()
        #expect(try await identity(installation) != nil)
        #expect(try await !isDamaged(installation))
        let outcomes = try await installation.query(
          "SELECT DISTINCT outcome FROM journal WHERE action = 'delete' AND summary LIKE 'drop database %'")
        #expect(try outcomes.map { try $0.text("outcome") } == ["done"], "some drops ran, and all completed")
      }
    }
  }
}
