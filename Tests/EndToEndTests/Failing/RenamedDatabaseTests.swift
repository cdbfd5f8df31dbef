import Model
import Postgres
import Testing

extension EndToEnd {
  /// Databases under two names, and names with two databases.
  @Suite struct RenamedDatabases {
    private static let others = ["p1", "p2", "p3", "p4"].map { Manifest("Database", $0, "embedded: {}") }

    @Test("A renamed Database keeps its database, and everything in it")
    func renamed() async throws {
      try await Installation.with { installation in
        let old = Manifest("Database", "olddb", "embedded: {}\ndatabase: shop")
        try installation.write(RenamedDatabases.others + [old])
        try await installation.apply()
        try await installation.query("CREATE TABLE kept AS SELECT 7 AS number", in: "shop")

        try installation.remove(old.file)
        try installation.write([Manifest("Database", "newdb", "embedded: {}\ndatabase: shop")])
        let plan = try await installation.run("plan", installation.manifestFolder)
        #expect(plan.output.contains("moved from Database/olddb"), "\(plan)")
        #expect(!plan.output.contains("drop database"), "\(plan)")
        let applied = try await installation.apply()
        #expect(!applied.output.contains("drop database"), "\(applied)")
        let rows = try await installation.query("SELECT number FROM kept", in: "shop")
        #expect(try rows.only().int("number") == 7)
        let after = try await installation.run(
          "plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(after.exitCode == 0, "\(after)")
        #expect(
          try await installation.statuses().compactMap { $0["id"]?.plainText }
            == ["Database/newdb"] + RenamedDatabases.others.map(\.id))
      }
    }

    @Test("A Database that an annotation renames takes its database with it")
    func renamedWithAnnotation() async throws {
      try await Installation.with { installation in
        let old = Manifest("Database", "olddb", "embedded: {}")
        try installation.write(RenamedDatabases.others + [old])
        try await installation.apply()
        try await installation.query("CREATE TABLE kept AS SELECT 7 AS number", in: "olddb")

        try installation.remove(old.file)
        try installation.write(
          """
          apiVersion: rendertrust.com/v1
          kind: Database
          metadata: {name: newdb, annotations: {rendertrust.com/moved-from: Database/olddb}}
          spec: {embedded: {}}
          """, to: "database-newdb.yaml")
        let applied = try await installation.apply()
        #expect(applied.output.contains("rename database olddb to newdb"), "\(applied)")
        let rows = try await installation.query("SELECT number FROM kept", in: "newdb")
        #expect(try rows.only().int("number") == 7)
        let after = try await installation.run(
          "plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(after.exitCode == 0, "\(after)")
      }
    }

    @Test("Two Databases with one database are refused where the second one is written")
    func twoDatabases() async throws {
      try await Installation.with { installation in
        try installation.write(RenamedDatabases.others)
        for name in ["a", "b"] {
          try installation.write(
            """
            apiVersion: rendertrust.com/v1
            kind: Database
            metadata: {name: \(name)}
            spec: {embedded: {}, database: shared}
            """, to: "\(name).yaml")
        }
        let outcome = try await installation.run("apply", installation.manifestFolder)
        #expect(outcome.exitCode == 2, "\(outcome)")
        #expect(outcome.errors.contains("b.yaml:4:32"), "\(outcome)")
        #expect(outcome.errors.contains("is declared by Database/a too"), "\(outcome)")
      }
    }
  }
}
