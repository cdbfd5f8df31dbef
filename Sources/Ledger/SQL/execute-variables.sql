-- The variables of the function. Every array is indexed from 1.
max_amount CONSTANT bigint := {max_amount};
max_balance CONSTANT bigint := 9000000000000000000;
-- A leap year.
max_hold_seconds CONSTANT bigint := 31622400;
-- The time that the batch is recorded with.
at timestamptz;
calls CONSTANT int := coalesce(array_length(call_kinds, 1), 0);
-- Of accounts, by index.
ids bigint[]; names text[]; is_clearing boolean[]; balances bigint[]; held bigint[]; numbers bigint[];
heads bytea[]; grosses bigint[]; account_changed boolean[];
-- Of calls, by index: the index of the account, the first call of the account with the same key and the one
-- with that key that was decided, what was recorded for the key before this batch, the index of the hold, and
-- the first and last leg.
payers int[]; first_calls int[]; decided_calls int[]; recorded_digests bytea[]; recorded_outcomes text[];
recorded_holds bigint[]; hold_indexes int[]; first_legs int[]; last_legs int[];
-- Of calls, by index: the results. A new call was decided by this batch.
outcomes text[]; result_holds bigint[]; is_new boolean[];
-- Of legs, by index: the index of the account; for a shared leg, the index of the platform's account and the
-- indexes of the first and last tier of its rules in `tier_ends` and `tier_rates`.
payees int[]; platforms int[]; first_tiers int[]; last_tiers int[]; tier_ends bigint[]; tier_rates bigint[];
-- Of holds, by index.
hold_ids bigint[]; hold_owners bigint[]; hold_amounts bigint[]; hold_captures bigint[]; hold_states text[];
hold_rules bigint[]; hold_jobs text[]; hold_changed boolean[];
-- The version of the rules in force, and whether the batch made a hold.
rules_in_force bigint; has_new_holds boolean := false;
-- Of new entries, by index.
entry_count int := 0; entry_ids bigint[] := '{}'; entry_debits bigint[] := '{}';
entry_credits bigint[] := '{}'; entry_debit_numbers bigint[] := '{}'; entry_credit_numbers bigint[] := '{}';
entry_debit_balances bigint[] := '{}'; entry_credit_balances bigint[] := '{}';
entry_debit_hashes bytea[] := '{}'; entry_credit_hashes bytea[] := '{}'; entry_amounts bigint[] := '{}';
entry_types text[] := '{}'; entry_jobs text[] := '{}'; entry_holds bigint[] := '{}';
entry_grosses bigint[] := '{}';
-- Of the call: the index of its account and of its hold, its outcome, the sum of its legs, its job.
payer int; hold_index int; decision text; total numeric; job_name text;
-- Of the leg: the index of the account that receives; what is left of the amount, the lifetime gross so far,
-- the part of the amount in one tier, the account's share of that part and the rest, which is the platform's.
payee int; remaining bigint; reached bigint; part bigint; share bigint; remainder bigint;
-- Of the entry: its fields, and the chains of both accounts while entries are made. Both hashes cover
-- `shared_fields`, which include the time.
entry_id bigint; amount bigint; gross bigint; entry_type text; payer_balance bigint; payer_number bigint;
payer_head bytea; payee_balance bigint; payee_number bigint; payee_head bytea; shared_fields bytea;
time_field bytea;
