-- Accounts with what overdue holds reserve counted as free. $1: their names; $2: the time, NULL for the
-- database's.
SELECT a.name, a.kind, a.balance_micro, a.held_micro - coalesce((
  SELECT sum(h.amount_micro)::bigint FROM holds h
  WHERE h.account = a.id AND h.state = 'open'
    AND h.expires_at <= coalesce($2::timestamptz, clock_timestamp())
), 0) AS held_micro, a.entries
FROM accounts a WHERE a.name = ANY ($1)
