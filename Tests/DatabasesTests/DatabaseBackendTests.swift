import Databases
import Glibc
import KindTestSupport
import Manifests
import Model
import Planning
import Postgres
import PostgresSupport
import Reconciling
import Testing

/// Planner and backend on a real server. Names contain the process id, because roles belong to the whole
/// server.
@Suite("Databases on a real server") struct DatabaseBackendTests {
  static let migrations = [
    Migrations.Migration(
      number: 1, name: "first", sql: "CREATE TABLE items (id bigserial PRIMARY KEY, name text)"),
    Migrations.Migration(number: 2, name: "second", sql: "CREATE TABLE more (id int)"),
  ]

  @Test("A database is created, migrated and dropped")
  func lifecycle() async throws {
    try await DatabaseServerFixture.with { server in
      let name = "d\(getpid())a"
      let old = try Fixture.resource(DatabaseSpec.self, name, #"{"embedded":{},"schema":1}"#)
      #expect(
        try await server.converge(old) == ["create database \(name)", "migrate \(name) to 0001-first.sql"])
      #expect(try await server.converge(old) == [])
      let new = try Fixture.resource(DatabaseSpec.self, name, #"{"embedded":{}}"#)
      #expect(try await server.converge(new) == ["migrate \(name) to 0002-second.sql"])
      #expect(try await server.converge(new) == [])
      #expect(try await server.converge(old) == [], "never goes back")
      #expect(
        try await server.converge(new, leaves: true) == ["drop database \(name) and everything in it"])
      #expect(try await server.converge(new, leaves: true) == [])
    }
  }

  @Test("Changed roles and privileges are corrected")
  func rolesAndPrivileges() async throws {
    try await DatabaseServerFixture.with { server in
      let (name, reader, writer) = ("d\(getpid())b", "r\(getpid())b", "w\(getpid())b")
      let spec = #"""
        {"embedded":{},"schema":1,
         "roles":[{"name":"\#(reader)","login":false},{"name":"\#(writer)","access":"write"}]}
        """#
      let database = try Fixture.resource(DatabaseSpec.self, name, spec)
      _ = try await server.converge(database)
      #expect(try await server.converge(database) == [])
      let pool = try await server.pool(.embedded(database: name))

      // Both roles get a new table through their default privileges.
      let newer = try Fixture.resource(
        DatabaseSpec.self, name, spec.replacing(#""schema":1"#, with: #""schema":2"#))
      #expect(try await server.converge(newer) == ["migrate \(name) to 0002-second.sql"])
      #expect(try await server.converge(newer) == [])

      try await pool.script("GRANT DELETE ON items TO \(reader)")
      #expect(try await server.converge(newer) == ["grant read access to role \(reader)"])
      try await pool.script("REVOKE INSERT ON more FROM \(writer)")
      #expect(try await server.converge(newer) == ["grant write access to role \(writer)"])
      try await pool.script("ALTER ROLE \(reader) LOGIN")
      #expect(try await server.converge(newer) == ["forbid role \(reader) to log in"])
      #expect(try await server.converge(newer) == [])

      let fewer = try Fixture.resource(DatabaseSpec.self, name, #"{"embedded":{}}"#)
      #expect(try await server.converge(fewer) == ["drop role \(reader)", "drop role \(writer)"])
      #expect(try await server.converge(fewer) == [])
      _ = try await server.converge(fewer, leaves: true)
    }
  }

  @Test("The roles of a database are dropped with it")
  func rolesLeaveWithTheirDatabase() async throws {
    try await DatabaseServerFixture.with { server in
      let (name, role) = ("d\(getpid())c", "r\(getpid())c")
      let database = try Fixture.resource(
        DatabaseSpec.self, name, #"{"embedded":{},"roles":[{"name":"\#(role)"}]}"#)
      _ = try await server.converge(database)
      let steps = try await server.converge(database, leaves: true)
      #expect(steps == ["drop database \(name) and everything in it", "drop role \(role)"])
      let left = try await server.pool(.embedded(database: "postgres")).query(
        "SELECT 1 FROM pg_roles WHERE rolname = $1", [.text(role)])
      #expect(left.isEmpty)
    }
  }

  @Test("An interrupted removal is completed")
  func interruptedRemoval() async throws {
    try await DatabaseServerFixture.with { server in
      let (name, role) = ("d\(getpid())e", "r\(getpid())e")
      let database = try Fixture.resource(
        DatabaseSpec.self, name, #"{"embedded":{},"roles":[{"name":"\#(role)"}]}"#)
      _ = try await server.converge(database)
      let administrator = try await server.pool(.embedded(database: "postgres"))
      try await administrator.script("DROP DATABASE \(name) WITH (FORCE)")
      #expect(try await server.converge(database, leaves: true) == ["drop role \(role)"])
      #expect(try await server.converge(database, leaves: true) == [])

      // A database of the same name reuses the remaining roles.
      _ = try await server.converge(database)
      try await administrator.script("DROP DATABASE \(name) WITH (FORCE)")
      #expect(
        try await server.converge(database) == [
          "create database \(name)", "migrate \(name) to 0001-first.sql",
          "migrate \(name) to 0002-second.sql",
          "grant read access to role \(role)",
        ])
      #expect(try await server.converge(database) == [])
      _ = try await server.converge(database, leaves: true)
    }
  }

  @Test("Roles of another origin are never changed")
  func foreignRoles() async throws {
    try await DatabaseServerFixture.with { server in
      let (name, role) = ("d\(getpid())d", "r\(getpid())d")
      let administrator = try await server.pool(.embedded(database: "postgres"))
      try await administrator.script("CREATE ROLE \(role)")
      let database = try Fixture.resource(
        DatabaseSpec.self, name, #"{"embedded":{},"roles":[{"name":"\#(role)"}]}"#)
      let error = await #expect(throws: BackendError.self) { try await server.converge(database) }
      #expect(error?.code == "role.foreign")
      await #expect(throws: PlanError.self) { try await server.converge(database) }
      _ = try await server.converge(database, leaves: true)
      try await administrator.script("DROP ROLE \(role)")
    }
  }

  @Test("A database on an unreachable server is unknown, not absent")
  func unreachableServer() async throws {
    let nowhere = PostgresPool(PostgresConfiguration(socketFolder: "/nonexistent", database: "x"))
    let backend = try DatabaseBackend(migrations: []) { _ in nowhere }
    for spec in [#"{"embedded":{}}"#, #"{"external":{"url":{"env":"X"}}}"#] {
      let database = try Fixture.resource(DatabaseSpec.self, "gone", spec)
      let answers = await backend.observe(
        [Subject(id: database.id, desired: database, lastApplied: nil)], in: Fixture.reconcileContext())
      #expect(throws: BackendError.self) { _ = try answers[database.id]?.get() }
    }
  }
}
