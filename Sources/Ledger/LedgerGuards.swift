internal import Postgres

/// The triggers, functions and constraints that prevent changes of ledger tables outside the ledger, also by
/// the role that owns the tables.
enum LedgerGuards {
  static let appendOnlyTables = ["ledger_entries", "ledger_rules", "ledger_calls", "ledger_erasures"]

  /// Installs what is missing, enables what was disabled, also for replication roles, and replaces what was
  /// changed. May be repeated.
  static let sql =
    ([LedgerSQL.overdraftConstraint(overdraftCheck)] + LedgerFunctions.all.map(\.sql) + [beginTrigger]
    + appendOnlyTables.map { LedgerSQL.appendOnlyTriggers(of: $0) }).joined(separator: "\n")

  /// Returns a row for each guard that is missing or changed, with its `name`.
  static let missing = Statement(
    LedgerSQL.missingGuards,
    [
      .textArray(["accounts_begin"] + appendOnlyTables.flatMap { ["\($0)_immutable", "\($0)_kept"] }),
      .textArray(["accounts"] + appendOnlyTables.flatMap { [$0, $0] }),
      .intArray(
        [beforeEachInsert] + appendOnlyTables.flatMap { _ in [beforeEachUpdateOrDelete, beforeTruncate] }),
      .textArray(["ledger_begin_account()"] + appendOnlyTables.flatMap { _ in [refusal, refusal] }),
      .textArray(LedgerFunctions.all.map(\.signature)),
      .textArray(LedgerFunctions.all.map { String($0.body) }),
      .text(overdraftCheck), .textArray(LedgerFunctions.all.map(\.earlierBody)),
    ])

  private static let refusal = "ledger_is_immutable()"
  /// `pg_trigger.tgtype`: BEFORE, UPDATE and DELETE, for each row.
  private static let beforeEachUpdateOrDelete: Int64 = 1 + 2 + 8 + 16
  /// BEFORE INSERT, for each row.
  private static let beforeEachInsert: Int64 = 1 + 2 + 4
  /// BEFORE TRUNCATE.
  private static let beforeTruncate: Int64 = 2 + 32

  /// As PostgreSQL prints it. Only the clearing account issues credits; every other account pays from its
  /// balance.
  private static let overdraftCheck =
    "CHECK (((kind = 'stripe_clearing'::text) OR (balance_micro >= held_micro)))"

  private static let beginTrigger = """
    CREATE OR REPLACE TRIGGER accounts_begin BEFORE INSERT ON accounts
      FOR EACH ROW EXECUTE FUNCTION ledger_begin_account();
    ALTER TABLE accounts ENABLE ALWAYS TRIGGER accounts_begin;
    """
}
