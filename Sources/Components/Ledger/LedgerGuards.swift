internal import Postgres

/// What keeps the books from being changed behind the ledger's back, also by the role that owns the tables.
enum LedgerGuards {
  /// Append-only tables.
  static let tables = ["ledger_entries", "ledger_rules", "ledger_calls", "ledger_erasures"]

  /// Makes what is missing, enables what was switched off, also for replication roles, and takes back what was changed.
  /// May be run again.
  static let sql =
    (LedgerFunctions.all.map(\.sql) + tables.map(guarded) + [overdraft]).joined(separator: "\n")

  /// What of this is missing or changed: one row for each, its name.
  static let missing = Statement(
    """
    SELECT x.name FROM unnest($1::text[], $2::text[], $3::int[]) x (name, guarded, type)
    WHERE NOT EXISTS (
      SELECT 1 FROM pg_trigger t
      WHERE t.tgrelid = to_regclass(x.guarded) AND t.tgname = x.name AND t.tgenabled = 'A' AND t.tgtype = x.type
        AND t.tgfoid = to_regproc('ledger_is_immutable'))
    UNION ALL
    SELECT x.name FROM unnest($4::text[], $5::text[]) x (name, body)
    WHERE NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.oid = to_regproc(x.name) AND p.prosrc = x.body)
    UNION ALL
    SELECT 'accounts_not_overdrawn' WHERE NOT EXISTS (
      SELECT 1 FROM pg_constraint c
      WHERE c.conrelid = to_regclass('accounts') AND c.conname = 'accounts_not_overdrawn' AND c.convalidated)
    """,
    [
      .textArray(tables.flatMap { ["\($0)_immutable", "\($0)_kept"] }),
      .textArray(tables.flatMap { [$0, $0] }),
      .intArray(tables.flatMap { _ in [beforeEachUpdateOrDelete, beforeTruncate] }),
      .textArray(LedgerFunctions.all.map(\.name)), .textArray(LedgerFunctions.all.map { String($0.body) }),
    ])

  /// `pg_trigger.tgtype`: BEFORE, UPDATE and DELETE, for each row.
  private static let beforeEachUpdateOrDelete: Int64 = 1 + 2 + 8 + 16
  /// BEFORE TRUNCATE.
  private static let beforeTruncate: Int64 = 2 + 32

  /// Credits come into being where money is cleared; everybody else gives what they have.
  private static let overdraft = """
    DO $$ BEGIN
      IF NOT EXISTS (
        SELECT 1 FROM pg_constraint WHERE conrelid = 'accounts'::regclass AND conname = 'accounts_not_overdrawn')
      THEN
        ALTER TABLE accounts ADD CONSTRAINT accounts_not_overdrawn
          CHECK (kind = 'stripe_clearing' OR balance_micro >= held_micro);
      END IF;
    END $$;
    """

  private static func guarded(_ table: String) -> String {
    """
    CREATE OR REPLACE TRIGGER \(table)_immutable BEFORE UPDATE OR DELETE ON \(table)
      FOR EACH ROW EXECUTE FUNCTION ledger_is_immutable();
    CREATE OR REPLACE TRIGGER \(table)_kept BEFORE TRUNCATE ON \(table)
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_immutable();
    ALTER TABLE \(table) ENABLE ALWAYS TRIGGER \(table)_immutable;
    ALTER TABLE \(table) ENABLE ALWAYS TRIGGER \(table)_kept;
    """
  }
}
