import FoundationEssentials
import Model
import Postgres
import PostgresSupport
import Testing

extension EndToEnd {
  /// A ledger whose database is lost.
  @Suite struct LostLedger {
    @Test("A ledger with entries is not created again empty, and is ready once its backup is restored")
    func droppedDatabase() async throws {
      try await Installation.with { installation in
        try installation.write([
          .environment, .database, .ledger, Manifest("Database", "reports", "embedded: {}"),
        ])
        try await installation.apply()
        let grant = try await installation.run("credits", "grant", "account/ada", "25", "--key", "welcome")
        #expect(grant.exitCode == 0, "\(grant)")
        let dump = installation.folder + "/platform.dump"
        try await server(installation, "pg_dump -h \"$S\" -U postgres -Fc -f '\(dump)' platform")
        let id = try await installation.query("SELECT id::text FROM ledger_books", in: "platform")
          .only().text(0)
        try await server(
          installation, "psql -h \"$S\" -U postgres -d postgres -qc 'DROP DATABASE platform WITH (FORCE)'")

        try await stays(missing: id, installation)
        let up = try await installation.up("--resync", "1s") { _ in
          let isNoticed = try await installation.eventually(within: 60) {
            try await installation.run("why", "Ledger/credits").output.contains("until a person acts")
          }
          #expect(isNoticed != nil)
          #expect(try await installation.query(Self.databases, [.text("platform")]).isEmpty)
          try await server(installation, "createdb -h \"$S\" -U postgres platform")
          try await server(
            installation, "pg_restore -h \"$S\" -U postgres --single-transaction -d platform '\(dump)'")
          let isReady = try await installation.eventually(within: 90) {
            try await installation.unready() == []
          }
          let unready = try await installation.unready()
          #expect(isReady != nil, "\(unready)")
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        let balance = try await installation.run("credits", "balance", "ada", "-o", "json")
        #expect(balance.output.contains("\"25\""), "\(balance)")
        #expect(try await installation.run("ledger", "verify").exitCode == 0)
        #expect(try await installation.changes() == [:])
      }
    }

    private static let databases = "SELECT 1 FROM pg_database WHERE datname = $1"

    /// The plan, an apply and the statuses say that the entries are missing, and nothing takes their place.
    private func stays(missing id: String, _ installation: Installation) async throws {
      let held = try await installation.run("apply", installation.manifestFolder)
      #expect(held.exitCode == 4, "\(held)")
      for part in [
        "Database/platform had the ledger \(id) up to entry 1:", "and now has no ledger",
        "restore the backup", "--allow books-missing=Ledger/credits",
      ] { #expect(held.output.contains(part), "\(held)") }
      #expect(
        try await installation.changes() == ["Ledger/credits": "blocked", "Database/platform": "blocked"])
      let statuses = try await installation.statuses()
      for name in ["Ledger/credits", "Database/platform"] {
        let conditions = statuses.first { $0["id"]?.plainText == name }?["conditions"]?.elements ?? []
        let degraded = conditions.first { $0["type"] == .string("Degraded") }
        #expect(degraded?["status"] == .bool(true) && degraded?["reason"] == .string("BooksMissing"))
        let ready = conditions.first { $0["type"] == .string("Ready") }
        #expect(ready?["status"] == .bool(false))
      }
      #expect(try await installation.query(Self.databases, [.text("platform")]).isEmpty)
    }

    @Test("The loss of a ledger is accepted by name; a ledger without entries is created again")
    func acceptedLoss() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .ledger])
        try await installation.apply()
        func drop() async throws {
          try await server(
            installation, "psql -h \"$S\" -U postgres -d postgres -qc 'DROP DATABASE platform WITH (FORCE)'")
        }
        try await drop()
        try await installation.apply()
        #expect(try await installation.unready() == [], "it had no entries")
        try await installation.run("credits", "grant", "account/ada", "25", "--key", "welcome")
        try await drop()
        let held = try await installation.run("apply", installation.manifestFolder)
        #expect(held.exitCode == 4, "\(held)")
        try await installation.apply("--allow", "books-missing=Ledger/credits")
        #expect(try await installation.unready() == [])
        #expect(try await installation.changes() == [:])
        let events = try await installation.events()
        #expect(events.contains("GuardAllowed Ledger/credits"), "\(events)")
        try await installation.run("credits", "grant", "account/ada", "5", "--key", "welcome")
        // A removed ledger is forgotten with its record.
        let destroyed = try await installation.run("destroy", "--yes")
        #expect(destroyed.exitCode == 0, "\(destroyed)")
        try await installation.apply()
        #expect(try await installation.unready() == [])
      }
    }

    /// Runs a command of PostgreSQL with the folder of the private server's socket in `S`.
    private func server(_ installation: Installation, _ command: String) async throws {
      let server = PostgresServer(stateFolder: installation.state)
      try await server.start()
      let socket = await server.socketFolder ?? ""
      let status = TestFolder.run(["sh", "-c", "S='\(socket)'; \(command)"])
      try await server.stop()
      try #require(status == 0, "\(command)")
    }
  }
}
