-- The `number` and `balance` of an account's last entry before a time. Entries of an account are in the order
-- of their times, so the search runs backwards from the newest. $1: the account; $2: the time.
SELECT number, balance FROM (
  (SELECT debit_number AS number, debit_balance_micro AS balance FROM ledger_entries
    WHERE debit_account = $1 AND recorded_at < $2 ORDER BY debit_number DESC LIMIT 1)
  UNION ALL
  (SELECT credit_number, credit_balance_micro FROM ledger_entries
    WHERE credit_account = $1 AND recorded_at < $2 ORDER BY credit_number DESC LIMIT 1)
) e ORDER BY number DESC LIMIT 1
