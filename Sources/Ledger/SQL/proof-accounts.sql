-- Accounts with the sum of their open holds.
SELECT a.id, a.name, a.balance_micro, a.entries, a.head, a.held_micro,
  coalesce(h.reserved, 0)::bigint AS reserved_micro, a.gross_micro
FROM accounts a
LEFT JOIN (
  SELECT account, sum(amount_micro) AS reserved FROM holds WHERE state = 'open' GROUP BY account
) h ON h.account = a.id
ORDER BY a.name
