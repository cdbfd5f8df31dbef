internal import Postgres

/// The ledger's tables. Amounts are micro-credits.
///
/// An entry is a transfer: it takes from one account what it gives to another, so all balances together are zero by
/// construction. Each account chains its entries: a hash covers the one before it in that account, so an entry stands in
/// two chains. `accounts` keeps what the newest entry left (balance, number, hash), which makes a balance one row however
/// many entries there are, and what open holds reserve.
enum LedgerSchema {
  static let tables = """
    CREATE TABLE ledger_rules (
      version bigint PRIMARY KEY,
      -- Who gets what is left of a share.
      platform text NOT NULL,
      -- Up to which lifetime gross each tier goes; the last goes on for ever and has NULL.
      tier_untils bigint[] NOT NULL,
      -- Parts per million of what is earned in the tier.
      tier_shares bigint[] NOT NULL,
      gpu_minute_micro bigint NOT NULL CHECK (gpu_minute_micro >= 0),
      cpu_minute_micro bigint NOT NULL CHECK (cpu_minute_micro >= 0),
      effective_from timestamptz NOT NULL,
      recorded_at timestamptz NOT NULL DEFAULT now(),
      CHECK (array_length(tier_untils, 1) = array_length(tier_shares, 1))
    );

    CREATE TABLE accounts (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      name text NOT NULL UNIQUE CHECK (name <> ''),
      kind text NOT NULL CHECK (kind IN
        ('creator', 'node_owner', 'module_developer', 'platform', 'stripe_clearing', 'overflow')),
      balance_micro bigint NOT NULL DEFAULT 0,
      held_micro bigint NOT NULL DEFAULT 0 CHECK (held_micro >= 0),
      entries bigint NOT NULL DEFAULT 0,
      head bytea NOT NULL DEFAULT '\\x',
      -- What was earned with its modules in all its life, before anybody's share.
      gross_micro bigint NOT NULL DEFAULT 0 CHECK (gross_micro >= 0),
      opened_at timestamptz NOT NULL DEFAULT now(),
      -- Credits come into being where money is cleared; everybody else gives what they have.
      CONSTRAINT accounts_not_overdrawn CHECK (kind = 'stripe_clearing' OR balance_micro >= held_micro)
    );

    CREATE TABLE ledger_entries (
      id bigint PRIMARY KEY,
      debit_account bigint NOT NULL REFERENCES accounts,
      debit_number bigint NOT NULL CHECK (debit_number > 0),
      debit_balance_micro bigint NOT NULL,
      debit_hash bytea NOT NULL,
      credit_account bigint NOT NULL REFERENCES accounts,
      credit_number bigint NOT NULL CHECK (credit_number > 0),
      credit_balance_micro bigint NOT NULL,
      credit_hash bytea NOT NULL,
      amount_micro bigint NOT NULL CHECK (amount_micro > 0),
      -- Of a share: what was earned, of which the amount is the part of the account that gets it.
      gross_micro bigint NOT NULL DEFAULT 0 CHECK (gross_micro >= 0),
      type text NOT NULL,
      job text NOT NULL,
      hold bigint,
      recorded_at timestamptz NOT NULL,
      CHECK (debit_account <> credit_account)
    );
    CREATE SEQUENCE ledger_entry_ids OWNED BY ledger_entries.id;
    CREATE UNIQUE INDEX ledger_entries_of_debit ON ledger_entries (debit_account, debit_number);
    CREATE UNIQUE INDEX ledger_entries_of_credit ON ledger_entries (credit_account, credit_number);

    CREATE TABLE holds (
      id bigint PRIMARY KEY,
      account bigint NOT NULL REFERENCES accounts,
      amount_micro bigint NOT NULL CHECK (amount_micro > 0),
      captured_micro bigint NOT NULL DEFAULT 0 CHECK (captured_micro BETWEEN 0 AND amount_micro),
      state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'captured', 'voided', 'expired')),
      job text NOT NULL,
      opened_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      closed_at timestamptz,
      CHECK ((state = 'open') = (closed_at IS NULL))
    );
    CREATE SEQUENCE hold_ids OWNED BY holds.id;
    CREATE INDEX holds_open ON holds (expires_at, id) WHERE state = 'open';
    CREATE INDEX holds_of_account ON holds (account, id) WHERE state = 'open';

    CREATE TABLE ledger_calls (
      account bigint NOT NULL REFERENCES accounts,
      key text NOT NULL CHECK (key <> ''),
      digest bytea NOT NULL,
      outcome text NOT NULL,
      hold bigint,
      recorded_at timestamptz NOT NULL,
      PRIMARY KEY (account, key)
    );

    CREATE FUNCTION ledger_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END $$;
    CREATE TRIGGER ledger_entries_immutable BEFORE UPDATE OR DELETE ON ledger_entries
      FOR EACH ROW EXECUTE FUNCTION ledger_is_immutable();
    CREATE TRIGGER ledger_entries_kept BEFORE TRUNCATE ON ledger_entries
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_immutable();
    CREATE TRIGGER ledger_rules_immutable BEFORE UPDATE OR DELETE ON ledger_rules
      FOR EACH ROW EXECUTE FUNCTION ledger_is_immutable();
    CREATE TRIGGER ledger_rules_kept BEFORE TRUNCATE ON ledger_rules
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_immutable();
    CREATE TRIGGER ledger_calls_immutable BEFORE UPDATE OR DELETE ON ledger_calls
      FOR EACH ROW EXECUTE FUNCTION ledger_is_immutable();
    CREATE TRIGGER ledger_calls_kept BEFORE TRUNCATE ON ledger_calls
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_immutable();
    """
}
