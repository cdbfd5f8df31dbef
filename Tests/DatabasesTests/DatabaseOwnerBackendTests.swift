import Databases
import Glibc
import KindTestSupport
import Model
import Planning
import Postgres
import Reconciling
import Testing

/// Owners of databases and interrupted operations on a real server.
@Suite("Owners of databases on a real server") struct DatabaseOwnerBackendTests {
  private typealias Server = DatabaseServerFixture

  private static func database(_ name: String, _ spec: String = #"{"embedded":{}}"#) throws
    -> Resource<DatabaseSpec>
  {
    try Fixture.resource(DatabaseSpec.self, name, spec)
  }

  private static func create(_ name: String) -> [String] {
    ["create database \(name)", "migrate \(name) to 0001-first.sql", "migrate \(name) to 0002-second.sql"]
  }

  @Test("A database without a mark, made by hand, is neither adopted nor dropped")
  func madeByHand() async throws {
    try await Server.with { server in
      let name = "d\(getpid())h"
      let own = try Self.database(name)
      try await server.administrate("CREATE DATABASE \(name)")
      await #expect(throws: PlanError.self) { try await server.converge(own) }

      // A program that creates the database between the plan and its step is noticed as well.
      let subject = Subject(id: own.id, desired: own, lastApplied: nil)
      for operation: DatabaseOperation in [.createDatabase, .dropDatabase] {
        let error = await #expect(throws: BackendError.self) {
          try await server.backend.apply(operation, to: subject, in: Fixture.reconcileContext())
        }
        #expect(error?.code == "database.foreign")
        #expect(error?.retry == .afterChange)
      }
      #expect(try await server.comment(of: name) == nil)
      try await server.administrate("DROP DATABASE \(name) WITH (FORCE)")
    }
  }

  @Test("A database of another environment or controller is a conflict, and stays")
  func otherOwner() async throws {
    try await Server.with { server in
      let name = "d\(getpid())i"
      let own = try Self.database(name)
      #expect(try await server.converge(own) == Self.create(name))
      #expect(try await server.comment(of: name) == "rendertrust test test Database/\(name)")

      let prod = Fixture.reconcileContext(environment: "prod")
      let error = await #expect(throws: PlanError.self) { try await server.converge(own, in: prod) }
      #expect(error?.message.hasSuffix("belongs to Database/\(name) of environment test") == true)
      #expect(try await server.converge(own, leaves: true, in: prod) == [])
      #expect(try await server.exists(name))
      #expect(try await server.converge(own) == [])
      _ = try await server.converge(own, leaves: true)
      #expect(try await !server.exists(name))
    }
  }

  @Test("A database and roles of an earlier release get their marks")
  func earlierRelease() async throws {
    try await Server.with { server in
      let (name, role) = ("d\(getpid())j", "r\(getpid())j")
      let own = try Self.database(name, #"{"embedded":{},"roles":[{"name":"\#(role)"}]}"#)
      _ = try await server.converge(own)
      try await server.administrate(
        """
        COMMENT ON DATABASE \(name) IS NULL;
        COMMENT ON ROLE \(role) IS 'rendertrust test Database/\(name)'
        """)
      #expect(
        try await server.converge(own, lastApplied: own) == [
          "record the owner of database \(name)", "record the owner of role \(role)",
        ])
      #expect(try await server.converge(own) == [])
      try await server.administrate("COMMENT ON DATABASE \(name) IS NULL")
      #expect(
        try await server.converge(own, leaves: true) == [
          "record the owner of database \(name)", "drop database \(name) and everything in it",
          "drop role \(role)",
        ])
    }
  }

  @Test("A half-dropped database is recognised, dropped and created again")
  func halfDropped() async throws {
    try await Server.with { server in
      let (name, role) = ("d\(getpid())k", "r\(getpid())k")
      let own = try Self.database(name, #"{"embedded":{},"roles":[{"name":"\#(role)"}]}"#)
      _ = try await server.converge(own)
      // What a server leaves that is killed during DROP DATABASE.
      let invalidate = "UPDATE pg_database SET datconnlimit = -2 WHERE datname = '\(name)'"
      try await server.administrate(invalidate)
      #expect(
        try await server.converge(own, lastApplied: own)
          == ["drop the rest of database \(name)"] + Self.create(name) + ["grant read access to role \(role)"]
      )
      #expect(try await server.converge(own) == [])

      try await server.administrate(invalidate)
      #expect(
        try await server.converge(own, leaves: true) == [
          "drop the rest of database \(name)", "drop role \(role)",
        ])
      #expect(try await !server.exists(name))
      #expect(try await server.converge(own, leaves: true) == [])
    }
  }

  @Test("A removal whose server process is killed half-way is completed")
  func killedRemoval() async throws {
    try await Server.withPrivateServer { server in
      let own = try Self.database("big")
      _ = try await server.converge(own)
      let administrator = try await server.pool(.embedded(database: "postgres"))
      // A removal waits for the checkpointer between marking the database as invalid and removing its files.
      func checkpointerID() async throws -> pid_t {
        pid_t(
          try await administrator.query(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
          ).only().int("pid"))
      }
      let checkpointer = try await checkpointerID()
      #expect(kill(checkpointer, SIGSTOP) == 0)
      let subject = Subject(id: own.id, desired: nil, lastApplied: own)
      async let drop: Void = server.backend.apply(
        .dropDatabase, to: subject, in: Fixture.reconcileContext())
      var victim: Int64?
      for _ in 0..<20_000 where victim == nil {
        let rows = try? await administrator.query(
          """
          SELECT a.pid FROM pg_stat_activity a, pg_database d
          WHERE d.datname = 'big' AND d.datconnlimit = -2 AND a.query LIKE 'DROP DATABASE%'
          """)
        victim = try rows?.first?.int("pid")
      }
      let pid = try #require(victim, "the removal was never seen half-way")
      #expect(kill(pid_t(pid), SIGKILL) == 0)
      #expect(kill(checkpointer, SIGCONT) == 0)
      do {
        try await drop
        Issue.record("the removal was not interrupted")
      } catch {}

      // The server recovers by itself within moments, with other processes. Until it notices the end of the
      // killed one, it answers as before.
      var isBack = false
      for _ in 0..<600 where !isBack {
        isBack = (try? await checkpointerID()).map { $0 != checkpointer } ?? false
        if !isBack { try await Task.sleep(for: .milliseconds(100)) }
      }
      #expect(try await server.exists("big"))
      let refused = await #expect(throws: PostgresError.self) {
        try await server.pool(.embedded(database: "big")).query("SELECT 1")
      }
      #expect(refused?.message.contains("invalid database") == true, "\(String(describing: refused))")
      #expect(
        try await server.converge(own, lastApplied: own)
          == ["drop the rest of database big"] + Self.create("big"))
      #expect(try await server.converge(own, lastApplied: own) == [])
    }
  }

  @Test("An interrupted creation is finished, or removed")
  func unfinished() async throws {
    try await Server.with { server in
      let name = "d\(getpid())l"
      let own = try Self.database(name)
      // The first transaction of a creation; the second one writes the mark and admits connections.
      let begin = "CREATE DATABASE \(name) ALLOW_CONNECTIONS false CONNECTION LIMIT 726183"
      try await server.administrate(begin)
      #expect(try await server.converge(own) == Self.create(name))
      #expect(try await server.converge(own) == [])
      _ = try await server.converge(own, leaves: true)

      try await server.administrate(begin)
      #expect(try await server.converge(own, leaves: true) == ["drop database \(name)"])
      #expect(try await !server.exists(name))
    }
  }

  @Test("A renamed resource keeps its database, its rows and its roles")
  func renamedResource() async throws {
    try await Server.with { server in
      let (name, role) = ("d\(getpid())m", "r\(getpid())m")
      let spec = #"{"embedded":{},"database":"\#(name)","roles":[{"name":"\#(role)"}]}"#
      let (old, new) = (try Self.database("old", spec), try Self.database("new", spec))
      _ = try await server.converge(old)
      try await server.pool(.embedded(database: name)).script("INSERT INTO items (name) VALUES ('kept')")
      #expect(
        try await server.converge(new, movedFrom: old) == [
          "record the owner of database \(name)", "record the owner of role \(role)",
        ])
      #expect(try await server.converge(new, lastApplied: new) == [])
      #expect(try await server.converge(old, leaves: true) == [], "it belongs to the new resource")
      let rows = try await server.pool(.embedded(database: name)).query("SELECT name FROM items")
      #expect(try rows.only().text("name") == "kept")
      _ = try await server.converge(new, leaves: true)
    }
  }

  @Test("An exchange of two databases that ends between its two marks is completed")
  func interruptedExchange() async throws {
    try await Server.with { server in
      let names = ["d\(getpid())r", "d\(getpid())s"]
      func database(_ resource: String, _ name: String) throws -> Resource<DatabaseSpec> {
        try Self.database(
          resource, #"{"embedded":{},"database":"\#(name)","roles":[{"name":"r\#(name)"}]}"#)
      }
      let former = [try database("a", names[0]), try database("b", names[1])]
      for resource in former { _ = try await server.converge(resource) }
      let (a, b) = (try database("a", names[1]), try database("b", names[0]))
      func record(_ name: String) -> [String] {
        ["record the owner of database \(name)", "record the owner of role r\(name)"]
      }
      let moves = Moves([Move(from: a.id, to: b.id), Move(from: b.id, to: a.id)])
      let exchange = Fixture.reconcileContext(moves: moves)
      #expect(
        try await server.converge(a, lastApplied: former[0], movedFrom: former[1], in: exchange)
          == record(names[1]))
      // Both claims are recorded, and the first resource is applied: no move is found any more.
      let holdings = [a, b].flatMap { resource in
        DatabaseClaims.claims(of: resource).map { claim in
          Holding(
            thing: claim.thing, role: claim.role, environment: "test", resource: resource.id,
            holdsData: claim.holdsData, since: Fixture.now)
        }
      }
      let context = Fixture.reconcileContext(holdings: Holdings(holdings))
      #expect(try await server.converge(a, lastApplied: a, in: context) == [])
      #expect(try await server.converge(b, lastApplied: b, in: context) == record(names[0]))
      #expect(try await server.converge(b, lastApplied: b, in: context) == [])
      #expect(try await server.comment(of: names[0]) == "rendertrust test test Database/b")
      #expect(try await server.comment(of: names[1]) == "rendertrust test test Database/a")
      for resource in [a, b] { _ = try await server.converge(resource, leaves: true) }
    }
  }

  @Test("A database is renamed with its resource, and keeps rows and grants while clients are connected")
  func renamedDatabase() async throws {
    try await Server.with { server in
      let (from, to, role) = ("d\(getpid())n", "d\(getpid())o", "r\(getpid())n")
      let roles = #""roles":[{"name":"\#(role)"}]"#
      let old = try Self.database(from, #"{"embedded":{},"schema":1,\#(roles)}"#)
      let new = try Self.database(to, #"{"embedded":{},"schema":1,\#(roles)}"#)
      _ = try await server.converge(old)
      // This connection stays open.
      try await server.pool(.embedded(database: from)).script("INSERT INTO items (name) VALUES ('kept')")
      #expect(
        try await server.converge(new, movedFrom: old) == [
          "rename database \(from) to \(to)", "record the owner of role \(role)",
        ])
      #expect(try await server.comment(of: to) == "rendertrust test test Database/\(to)")
      #expect(try await server.converge(new, movedFrom: old) == [])
      let rows = try await server.pool(.embedded(database: to)).query(
        "SELECT name, has_table_privilege('\(role)', 'items', 'SELECT') AS reads FROM items")
      #expect(try rows.only().text("name") == "kept")
      #expect(try rows.only().bool("reads"))
      #expect(try await !server.exists(from))
      _ = try await server.converge(new, leaves: true)
    }
  }

  @Test("A database is not renamed onto a foreign one")
  func renamedOntoForeign() async throws {
    try await Server.with { server in
      let (from, to) = ("d\(getpid())p", "d\(getpid())q")
      let (old, new) = (try Self.database(from), try Self.database(to))
      _ = try await server.converge(old)
      try await server.administrate("CREATE DATABASE \(to)")
      await #expect(throws: PlanError.self) { try await server.converge(new, movedFrom: old) }
      let error = await #expect(throws: BackendError.self) {
        try await server.backend.apply(
          .renameDatabase(from: from),
          to: Subject(id: new.id, desired: new, lastApplied: nil, movedFrom: old),
          in: Fixture.reconcileContext())
      }
      #expect(error?.code == "database.foreign")
      #expect(try await server.exists(from))
      try await server.administrate("DROP DATABASE \(to) WITH (FORCE)")
      _ = try await server.converge(old, leaves: true)
    }
  }

  @Test("Creating, renaming and dropping are not interrupted")
  func interruptible() {
    for operation: DatabaseOperation in [.createDatabase, .renameDatabase(from: "a"), .dropDatabase] {
      #expect(!operation.isInterruptible)
    }
    #expect(DatabaseOperation.migrate(number: 1, digest: "").isInterruptible)
  }
}
