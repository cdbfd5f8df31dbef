import Glibc
import Testing

extension EndToEnd {
  /// Databases whose default name reaches the server's own databases or the controller's state.
  @Suite struct ReservedDatabases {
    @Test(
      "A database that the server reserves is refused at its name, before a state exists",
      arguments: ["postgres", "template0", "template1", "rendertrust"])
    func refused(_ name: String) async throws {
      try await Installation.with { installation in
        try installation.write(
          """
          apiVersion: rendertrust.com/v1
          kind: Database
          metadata: {name: \(name)}
          spec: {embedded: {}}
          """, to: "database.yaml")
        let outcome = try await installation.run("apply", installation.manifestFolder)
        #expect(outcome.exitCode == 2, "\(outcome)")
        #expect(
          outcome.errors.contains(
            "database.yaml:3:18: error: a Database must not be ‘\(name)’, which the server reserves"),
          "\(outcome)")
        #expect(outcome.errors.contains("choose another name, or write `spec.database`"), "\(outcome)")
        #expect(access(installation.state, F_OK) != 0, "a refused manifest created a state folder")
      }
    }

    @Test("Another name for the database makes the resource's name valid")
    func namedDatabase() async throws {
      try await Installation.with { installation in
        try installation.write(
          """
          apiVersion: rendertrust.com/v1
          kind: Database
          metadata: {name: postgres}
          spec: {embedded: {}, database: shop}
          """, to: "database.yaml")
        let outcome = try await installation.run("validate", installation.manifestFolder)
        #expect(outcome.exitCode == 0, "\(outcome)")
      }
    }
  }
}
