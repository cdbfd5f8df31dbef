-- Locks the oldest unsettled events that no other transaction settles. $1: their maximum number.
SELECT e.id, e.attempt, a.name AS payer, e.hold, n.name AS node, d.name AS developer, h.rules, e.gpu_ms,
  e.cpu_ms, e.price_micro
FROM usage_events e
JOIN accounts a ON a.id = e.account
JOIN accounts n ON n.id = e.node_account
JOIN accounts d ON d.id = e.developer_account
JOIN holds h ON h.id = e.hold
WHERE e.settled_at IS NULL ORDER BY e.id LIMIT $1 FOR UPDATE OF e SKIP LOCKED
