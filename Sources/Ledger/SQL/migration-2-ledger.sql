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
  -- Covers the version before it.
  hash bytea NOT NULL,
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
  -- Of the newest entry; before there is one, of the account's kind.
  head bytea NOT NULL,
  -- What was earned with its modules in all its life, before anybody's share.
  gross_micro bigint NOT NULL DEFAULT 0 CHECK (gross_micro >= 0),
  opened_at timestamptz NOT NULL DEFAULT now(),
  -- Its name was a person's until then; now it is a number.
  erased_at timestamptz
);

CREATE TABLE ledger_entries (
  id bigint PRIMARY KEY,
  debit_account bigint NOT NULL,
  debit_number bigint NOT NULL CHECK (debit_number > 0),
  debit_balance_micro bigint NOT NULL,
  debit_hash bytea NOT NULL,
  credit_account bigint NOT NULL,
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
  account bigint NOT NULL,
  amount_micro bigint NOT NULL CHECK (amount_micro > 0),
  captured_micro bigint NOT NULL DEFAULT 0 CHECK (captured_micro BETWEEN 0 AND amount_micro),
  state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'captured', 'voided', 'expired')),
  job text NOT NULL,
  -- The rules in force when it was made: what it pays is shared by these.
  rules bigint,
  opened_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  closed_at timestamptz,
  CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE SEQUENCE hold_ids OWNED BY holds.id;
CREATE INDEX holds_open ON holds (expires_at, id) WHERE state = 'open';
CREATE INDEX holds_of_account ON holds (account, expires_at) WHERE state = 'open';

CREATE TABLE ledger_calls (
  account bigint NOT NULL,
  -- SHA-256 of the caller's key, so that nothing a caller puts into one is kept.
  key bytea NOT NULL,
  digest bytea NOT NULL,
  outcome text NOT NULL,
  hold bigint,
  recorded_at timestamptz NOT NULL,
  PRIMARY KEY (account, key)
);

-- What an attempt used, and what its hold is to pay for that.
CREATE TABLE usage_events (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  attempt text NOT NULL UNIQUE CHECK (octet_length(attempt) BETWEEN 1 AND 190 AND attempt !~ '[[:cntrl:]]'),
  job text NOT NULL CHECK (octet_length(job) <= 200 AND job !~ '[[:cntrl:]]'),
  module text NOT NULL CHECK (octet_length(module) <= 200),
  account bigint NOT NULL REFERENCES accounts,
  hold bigint NOT NULL REFERENCES holds,
  node_account bigint NOT NULL REFERENCES accounts,
  developer_account bigint NOT NULL REFERENCES accounts,
  gpu_ms bigint NOT NULL CHECK (gpu_ms >= 0),
  cpu_ms bigint NOT NULL CHECK (cpu_ms >= 0),
  price_micro bigint NOT NULL CHECK (price_micro BETWEEN 0 AND 1000000000000000),
  recorded_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz,
  -- What settling came to: done, or why it was refused.
  outcome text,
  CHECK ((settled_at IS NULL) = (outcome IS NULL))
);
CREATE INDEX usage_events_unsettled ON usage_events (id) WHERE settled_at IS NULL;
CREATE INDEX usage_events_by_time ON usage_events (recorded_at, id);
-- Entries come in the order of their times: block ranges are as good as a tree, and cost next to nothing.
CREATE INDEX ledger_entries_by_time ON ledger_entries USING brin (recorded_at) WITH (pages_per_range = 32);

-- What tells these books from all others, for the places that they are exported to.
CREATE TABLE ledger_books (id uuid NOT NULL DEFAULT gen_random_uuid());
CREATE UNIQUE INDEX ledger_books_one ON ledger_books ((true));
INSERT INTO ledger_books DEFAULT VALUES;

-- The Ledger resources that keep their books here; one at a time.
CREATE TABLE ledgers (
  name text PRIMARY KEY,
  opened_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX ledgers_one ON ledgers ((true));

-- Which days were written where.
CREATE TABLE ledger_exports (
  day date NOT NULL,
  destination text NOT NULL,
  entries bigint NOT NULL,
  usage bigint NOT NULL,
  -- Of the day's manifest, which names each file with its checksum.
  manifest_sha256 text NOT NULL,
  exported_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (day, destination)
);

-- Whose personal data was removed; each row's hash covers the one before it.
CREATE TABLE ledger_erasures (
  number bigint PRIMARY KEY,
  account bigint NOT NULL REFERENCES accounts,
  erased_by text NOT NULL,
  erased_at timestamptz NOT NULL,
  hash bytea NOT NULL
);
