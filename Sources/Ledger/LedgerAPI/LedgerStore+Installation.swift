internal import Model
package import Postgres

/// Whether a database is ready for credits.
extension LedgerStore {
  /// An SQL expression of type `boolean`: whether a `Ledger` resource owns the accounts of this database. The
  /// migrations must have run.
  package static let isOwnedExpression = "EXISTS (SELECT 1 FROM ledgers)"

  /// Whether the table of accounts has its triggers, of this release or another. The migrations must have
  /// run.
  package func hasTriggers() async throws(PostgresError) -> Bool {
    let triggers = try await pool.query(
      "SELECT 1 FROM pg_trigger WHERE tgrelid = 'accounts'::regclass AND NOT tgisinternal LIMIT 1")
    return !triggers.isEmpty
  }

  /// Installs the triggers, functions and constraints of this release, in place of others. May be repeated.
  package func installTriggers() async throws(PostgresError) {
    try await pool.transaction { transaction throws(PostgresError) in
      // Every movement of credits locks accounts first; this waits for those in progress before it locks
      // anything else.
      try await transaction.query("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE")
      try await transaction.script(LedgerGuards.sql)
    }
  }

  /// Installs the triggers and functions of this release where the database has none. A caller that opens
  /// accounts calls this first: the trigger starts an account's hash chain. A database whose triggers are of
  /// another release stays as it is; its `Ledger` resource updates them.
  package func installTriggersIfMissing() async throws(PostgresError) {
    if try await !hasTriggers() { try await installTriggers() }
  }
}
