-- Locks every account that the batch names, and the platform accounts of its rules, in the order of their
-- ids. Sets the arrays of accounts, `at` and `time_field`. The time is read under the locks, so that the
-- entries of an account are in the order of their times.
SELECT array_agg(l.id), array_agg(l.name), array_agg(l.kind = 'stripe_clearing'), array_agg(l.balance_micro),
  array_agg(l.held_micro), array_agg(l.entries), array_agg(l.head), array_agg(l.gross_micro)
INTO ids, names, is_clearing, balances, held, numbers, heads, grosses
FROM (
  SELECT * FROM accounts
  WHERE name = ANY (
    call_accounts || leg_accounts
    || ARRAY (SELECT platform FROM ledger_rules WHERE version = ANY (leg_rules)))
  ORDER BY accounts.id FOR NO KEY UPDATE
) l;
at := coalesce(call_at, clock_timestamp());
time_field := int8send((extract(epoch FROM at) * 1000000)::bigint);
