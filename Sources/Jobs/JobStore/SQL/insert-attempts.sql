INSERT INTO job_attempts (job, number, node, gpu, gpu_memory, cores, state, dispatched_at, lease_until,
  stop_at, decision)
SELECT u.job, u.number, u.node, u.gpu, u.memory, u.cores, 'dispatched', $1::timestamptz, $2::timestamptz,
  u.stop, u.decision
FROM unnest($3::text[], $4::int[], $5::bigint[], $6::int[], $7::bigint[], $8::bigint[], $9::timestamptz[],
  $10::text[]) u (job, number, node, gpu, memory, cores, stop, decision)
