-- Entries of the account $1 by number, above $2 and up to $3.
SELECT e.id, e.recorded_at, e.type, e.job, a.name AS other, e.amount, e.balance FROM (
  SELECT id, recorded_at, type, job, credit_account AS other, -amount_micro AS amount,
    debit_balance_micro AS balance, debit_number AS number
  FROM ledger_entries WHERE debit_account = $1 AND debit_number > $2 AND debit_number <= $3
  UNION ALL
  SELECT id, recorded_at, type, job, debit_account, amount_micro, credit_balance_micro, credit_number
  FROM ledger_entries WHERE credit_account = $1 AND credit_number > $2 AND credit_number <= $3
) e JOIN accounts a ON a.id = e.other ORDER BY e.number
