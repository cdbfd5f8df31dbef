-- Makes the table {table} append-only, also for its owner and for replication roles.
CREATE OR REPLACE TRIGGER {table}_immutable BEFORE UPDATE OR DELETE ON {table}
  FOR EACH ROW EXECUTE FUNCTION ledger_is_immutable();
CREATE OR REPLACE TRIGGER {table}_kept BEFORE TRUNCATE ON {table}
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_immutable();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_immutable;
ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_kept;
