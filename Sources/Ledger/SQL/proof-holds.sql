-- Holds that record less than the sum of their entries. More is possible: what a payer would pay to
-- themselves has no entry.
SELECT coalesce(a.name, 'account ' || h.account) AS account, h.id, h.captured_micro, e.paid AS paid_micro
FROM holds h
JOIN (
  SELECT hold, sum(amount_micro)::bigint AS paid FROM ledger_entries WHERE hold IS NOT NULL GROUP BY hold
) e ON e.hold = h.id
LEFT JOIN accounts a ON a.id = h.account
WHERE h.captured_micro < e.paid ORDER BY h.id LIMIT 1000
