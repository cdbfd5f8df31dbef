-- Sets `first_calls`, and what was recorded for each key before this batch: NULL for a new key.
SELECT array_agg(k.first ORDER BY k.index), array_agg(c.digest ORDER BY k.index),
  array_agg(c.outcome ORDER BY k.index), array_agg(c.hold ORDER BY k.index)
INTO first_calls, recorded_digests, recorded_outcomes, recorded_holds
FROM (
  SELECT u.key, ids[u.payer] AS account, u.index, min(u.index) OVER (PARTITION BY u.payer, u.key) AS first
  FROM unnest(call_keys, payers) WITH ORDINALITY u (key, payer, index)
) k
LEFT JOIN LATERAL (
  SELECT l.digest, l.outcome, l.hold FROM ledger_calls l WHERE l.account = k.account AND l.key = k.key LIMIT 1
) c ON true;
