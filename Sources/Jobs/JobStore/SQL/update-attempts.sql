UPDATE job_attempts w SET state = u.state, started_at = u.started, ended_at = u.ended, lease_until = u.lease,
  units = u.units, gpu_ms = u.gpu, cpu_ms = u.cpu, note = u.note, reason = u.reason
FROM unnest($1::text[], $2::int[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::timestamptz[],
    $7::bigint[], $8::bigint[], $9::bigint[], $10::text[], $11::text[])
  u (job, number, state, started, ended, lease, units, gpu, cpu, note, reason)
WHERE w.job = u.job AND w.number = u.number
