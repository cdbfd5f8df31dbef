internal import Postgres

/// What keeps the books from being changed behind the ledger's back, also by the role that owns the tables.
enum LedgerGuards {
  /// Append-only tables.
  static let tables = ["ledger_entries", "ledger_rules", "ledger_calls", "ledger_erasures"]

  /// Makes what is missing, enables what was switched off, also for replication roles, and takes back what was changed.
  /// May be run again.
  static let sql =
    ([overdraft] + LedgerFunctions.all.map(\.sql) + [beginning] + tables.map(guarded)).joined(separator: "\n")

  /// What of this is missing or changed: one row for each, its name.
  static let missing = Statement(
    """
    SELECT x.name FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) x (name, guarded, type, calls)
    WHERE NOT EXISTS (
      SELECT 1 FROM pg_trigger t
      WHERE t.tgrelid = to_regclass(x.guarded) AND t.tgname = x.name AND t.tgenabled = 'A' AND t.tgtype = x.type
        AND t.tgqual IS NULL AND t.tgattr = '' AND t.tgfoid = to_regprocedure(x.calls))
    UNION ALL
    SELECT split_part(x.signature, '(', 1) FROM unnest($5::text[], $6::text[]) x (signature, body)
    WHERE NOT EXISTS (SELECT 1 FROM pg_proc p WHERE p.oid = to_regprocedure(x.signature) AND p.prosrc = x.body)
    UNION ALL
    SELECT 'accounts_not_overdrawn' WHERE NOT EXISTS (
      SELECT 1 FROM pg_constraint c
      WHERE c.conrelid = to_regclass('accounts') AND c.conname = 'accounts_not_overdrawn' AND c.convalidated
        AND pg_get_constraintdef(c.oid) = $7)
    """,
    [
      .textArray(["accounts_begin"] + tables.flatMap { ["\($0)_immutable", "\($0)_kept"] }),
      .textArray(["accounts"] + tables.flatMap { [$0, $0] }),
      .intArray([beforeEachInsert] + tables.flatMap { _ in [beforeEachUpdateOrDelete, beforeTruncate] }),
      .textArray(["ledger_begin_account()"] + tables.flatMap { _ in [refusal, refusal] }),
      .textArray(LedgerFunctions.all.map(\.signature)),
      .textArray(LedgerFunctions.all.map { String($0.body) }),
      .text(overdraftCheck),
    ])

  private static let refusal = "ledger_is_immutable()"
  /// `pg_trigger.tgtype`: BEFORE, UPDATE and DELETE, for each row.
  private static let beforeEachUpdateOrDelete: Int64 = 1 + 2 + 8 + 16
  /// BEFORE INSERT, for each row.
  private static let beforeEachInsert: Int64 = 1 + 2 + 4
  /// BEFORE TRUNCATE.
  private static let beforeTruncate: Int64 = 2 + 32

  /// As PostgreSQL writes it. Credits come into being where money is cleared; everybody else gives what they have.
  private static let overdraftCheck =
    "CHECK (((kind = 'stripe_clearing'::text) OR (balance_micro >= held_micro)))"

  private static let overdraft = """
    DO $$ BEGIN
      IF NOT EXISTS (
        SELECT 1 FROM pg_constraint WHERE conrelid = 'accounts'::regclass AND conname = 'accounts_not_overdrawn'
          AND convalidated AND pg_get_constraintdef(oid) = $check$\(overdraftCheck)$check$)
      THEN
        ALTER TABLE accounts DROP CONSTRAINT IF EXISTS accounts_not_overdrawn;
        ALTER TABLE accounts ADD CONSTRAINT accounts_not_overdrawn \(overdraftCheck);
      END IF;
    END $$;
    """

  private static let beginning = """
    CREATE OR REPLACE TRIGGER accounts_begin BEFORE INSERT ON accounts
      FOR EACH ROW EXECUTE FUNCTION ledger_begin_account();
    ALTER TABLE accounts ENABLE ALWAYS TRIGGER accounts_begin;
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
