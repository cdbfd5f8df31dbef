import Model
import Postgres
import PostgresSupport
import Testing

@Suite struct MigrationsTests {
  private let first = Migrations.Migration(
    number: 1, name: "jobs", sql: "CREATE TABLE jobs (id int); CREATE TABLE b ();")
  private let second = Migrations.Migration(number: 2, name: "more", sql: "ALTER TABLE jobs ADD name text;")

  @Test("Each migration is applied once") func eachMigrationIsAppliedOnce() async throws {
    try await TestDatabase.with { pool in
      #expect(try await Migrations([second, first]).pending(on: pool).map(\.number) == [1, 2])
      #expect(try await Migrations([first]).apply(to: pool).map(\.file) == ["0001-jobs.sql"])
      #expect(try await Migrations([first, second]).apply(to: pool).map(\.number) == [2])
      #expect(try await Migrations([first, second]).apply(to: pool).isEmpty)
      #expect(try await pool.query("SELECT id, name FROM jobs").columns == ["id", "name"])
      let row = try await pool.query("SELECT * FROM schema_migrations WHERE number = 2").only()
      #expect(try row.text("digest") == second.digest.hex)
    }
  }

  @Test("Several processes apply migrations at once")
  func severalProcessesApplyMigrationsAtOnce() async throws {
    try await TestDatabase.with { pool in
      let migrations = try Migrations([first, second])
      let counts = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<6 { group.addTask { try await migrations.apply(to: pool).count } }
        return try await group.reduce(0, +)
      }
      #expect(counts == 2)
    }
  }

  @Test("A failing migration leaves nothing") func aFailingMigrationLeavesNothing() async throws {
    try await TestDatabase.with { pool in
      let broken = Migrations.Migration(number: 2, name: "broken", sql: "CREATE TABLE c (); SELECT 1/0;")
      let migrations = try Migrations([first, broken])
      let error = await #expect(throws: PostgresError.self) { try await migrations.apply(to: pool) }
      #expect(error?.message == "0002-broken.sql: division by zero")
      #expect(try await pool.query("SELECT to_regclass('c') IS NULL").only().bool(0))
      #expect(try await pool.query("SELECT count(*) FROM schema_migrations").only().int(0) == 1)
    }
  }

  @Test("Changed files, downgrades and gaps are errors")
  func changedFilesDowngradesAndGapsAreErrors() async throws {
    try await TestDatabase.with { pool in
      try await Migrations([first, second]).apply(to: pool)
      let edited = Migrations.Migration(number: 1, name: "jobs", sql: "CREATE TABLE jobs (id bigint)")
      let late = Migrations.Migration(number: 0, name: "late", sql: "SELECT 1")
      let cases: [([Migrations.Migration], String)] = [
        ([edited, second], "0001-jobs.sql has changed since it was applied"),
        ([first], "the database has migration 2 (more), which this program does not know"),
        ([late, first, second], "0000-late.sql was not applied, though the later 1 (jobs) was"),
      ]
      for (migrations, message) in cases {
        let migrations = try Migrations(migrations)
        let looking = await #expect(throws: PostgresError.self) { try await migrations.pending(on: pool) }
        let applying = await #expect(throws: PostgresError.self) { try await migrations.apply(to: pool) }
        for error in [looking, applying] {
          #expect(error?.code == .migration)
          #expect(error?.message == message)
        }
      }
      #expect(throws: PostgresError.self) { try Migrations([first, edited]) }
    }
  }
}
