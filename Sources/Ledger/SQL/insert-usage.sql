-- Records usage events; an attempt that is recorded stays as it is. The payee of a node owner or developer
-- without an account is the platform. $1: the time, NULL for now; $2 to $11: a column of the events each.
INSERT INTO usage_events (attempt, job, module, account, hold, node_account, developer_account, gpu_ms,
  cpu_ms, price_micro, recorded_at)
SELECT u.attempt, u.job, u.module, (SELECT id FROM accounts WHERE name = u.account), u.hold,
  coalesce((SELECT id FROM accounts WHERE name = u.node), p.id),
  coalesce((SELECT id FROM accounts WHERE name = u.developer), p.id), u.gpu, u.cpu,
  u.price, coalesce($1::timestamptz, now())
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[], $8::text[],
  $9::bigint[], $10::bigint[], $11::bigint[])
  u (attempt, job, module, account, hold, node, developer, gpu, cpu, price)
LEFT JOIN (
  SELECT a.id FROM ledger_rules r JOIN accounts a ON a.name = r.platform ORDER BY r.version DESC LIMIT 1
) p ON true
ORDER BY u.attempt
ON CONFLICT (attempt) DO NOTHING
