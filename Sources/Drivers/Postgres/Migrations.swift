package import Model

/// Numbered SQL files that create the tables the program expects. Each is applied once, in a transaction of
/// its own, under a lock that excludes other processes. A file is never edited once it has landed.
package struct Migrations: Sendable {
  package struct Migration: Sendable {
    package let number: Int
    /// The file's name without number and suffix: `ledger` for `0001-ledger.sql`.
    package let name: String
    package let sql: String

    package init(number: Int, name: String, sql: String) {
      self.number = number
      self.name = name
      self.sql = sql
    }

    package var digest: Digest { Digest(of: sql) }

    /// `0001-ledger.sql`
    package var file: String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, 4 - digits.count)) + "\(digits)-\(name).sql"
    }
  }

  private let migrations: [Migration]

  /// - Parameter migrations: In any order; numbers must be unique.
  package init(_ migrations: [Migration]) throws(PostgresError) {
    self.migrations = migrations.sorted { $0.number < $1.number }
    for (first, second) in zip(self.migrations, self.migrations.dropFirst())
    where first.number == second.number {
      throw PostgresError(
        .migration, "\(first.file) and \(second.file) have the same number", server: "PostgreSQL")
    }
  }

  package var latest: Int { migrations.last?.number ?? 0 }

  /// Returns the migrations that are not applied yet, in order. Verifies the applied ones; changes nothing.
  package func pending(on pool: PostgresPool) async throws(PostgresError) -> [Migration] {
    let exists = try await pool.query(
      "SELECT to_regclass('schema_migrations') IS NOT NULL AS is_present"
    ).only().bool("is_present")
    guard exists else { return migrations }
    return try check(try await pool.query(Migrations.applied), server: pool.server)
  }

  /// Applies the missing migrations and returns them. Several processes may call it at once.
  @discardableResult
  package func apply(to pool: PostgresPool) async throws(PostgresError) -> [Migration] {
    // Creating the table needs the lock too: concurrent CREATE … IF NOT EXISTS statements conflict.
    try await pool.transaction { transaction throws(PostgresError) in
      try await transaction.query(Migrations.lock)
      try await transaction.query(Migrations.table)
    }
    var applied: [Migration] = []
    while let migration = try await applyNext(to: pool) { applied.append(migration) }
    return applied
  }

  /// Returns the migration that was applied; nil when none is missing.
  private func applyNext(to pool: PostgresPool) async throws(PostgresError) -> Migration? {
    try await pool.transaction { transaction throws(PostgresError) in
      try await transaction.query(Migrations.lock)
      let missing = try check(try await transaction.query(Migrations.applied), server: pool.server)
      guard let next = missing.first else { return nil }
      do throws(PostgresError) {
        try await transaction.script(next.sql)
        try await transaction.query(
          Migrations.record,
          [.int(Int64(next.number)), .text(next.name), .text(next.digest.hex)])
      } catch {
        throw PostgresError(
          error.code, "\(next.file): \(error.message)", hint: error.hint, server: error.server,
          sqlState: error.sqlState, detail: error.detail, retry: error.retry)
      }
      return next
    }
  }

  /// Compares the applied migrations with the files, and returns the files that are not applied.
  private func check(_ rows: Rows, server: String) throws(PostgresError) -> [Migration] {
    var rest = migrations[...]
    for row in rows {
      let number = try row.value("number", as: Int.self)
      let name = try row.text("name")
      guard let migration = rest.first, migration.number <= number else {
        throw PostgresError(
          .migration, "the database has migration \(number) (\(name)), which this program does not know",
          hint: "this program is older than the database: run the newer one; there is no downgrade",
          server: server)
      }
      guard migration.number == number else {
        throw PostgresError(
          .migration, "\(migration.file) was not applied, though the later \(number) (\(name)) was",
          hint: "give the new migration a number above \(migrations.last?.number ?? number)", server: server)
      }
      guard try row.text("digest") == migration.digest.hex else {
        throw PostgresError(
          .migration, "\(migration.file) has changed since it was applied",
          hint: "restore its text and put the change into a new migration", server: server)
      }
      rest = rest.dropFirst()
    }
    return Array(rest)
  }

  // The number is arbitrary, and the same in every version of this program.
  private static let lock = "SELECT pg_advisory_xact_lock(7261830492)"

  private static let table = """
    CREATE TABLE IF NOT EXISTS schema_migrations (
      number int PRIMARY KEY,
      name text NOT NULL,
      digest text NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now())
    """

  private static let applied = "SELECT number, name, digest FROM schema_migrations ORDER BY number"
  private static let record = "INSERT INTO schema_migrations (number, name, digest) VALUES ($1, $2, $3)"
}
