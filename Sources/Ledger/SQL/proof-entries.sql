-- Entries after the id $1, at most $2.
SELECT id, debit_account, debit_number, debit_balance_micro, debit_hash, credit_account, credit_number,
  credit_balance_micro, credit_hash, amount_micro, type, job,
  (extract(epoch FROM recorded_at) * 1000000)::bigint AS recorded_microseconds, gross_micro,
  coalesce(hold, 0) AS hold
FROM ledger_entries WHERE id > $1 ORDER BY id LIMIT $2
