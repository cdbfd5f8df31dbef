/// What keeps the books from being changed behind the ledger's back, also by the role that owns the tables.
enum LedgerGuards {
  /// Append-only tables.
  static let tables = ["ledger_entries", "ledger_rules", "ledger_calls", "ledger_erasures"]

  /// May be run again: makes what is missing, and enables what was switched off, also for replication roles.
  static let sql = ([refusal] + tables.map(guarded)).joined(separator: "\n")

  private static let refusal = """
    CREATE OR REPLACE FUNCTION ledger_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
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
