-- Writes what attempts use of nodes. $6: when the nodes earned what $5 says; NULL: they earned nothing.
UPDATE scheduler_nodes n SET gpu_used = u.gpus::bigint[], cores_used = u.cores, slots_used = u.slots,
  earned_micro = CASE WHEN $6::timestamptz IS NULL THEN n.earned_micro ELSE u.earned END,
  earned_at = coalesce($6::timestamptz, n.earned_at)
FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::int[], $5::bigint[])
  u (id, gpus, cores, slots, earned)
WHERE n.id = u.id
