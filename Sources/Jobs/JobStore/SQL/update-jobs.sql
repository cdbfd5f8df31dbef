-- Writes what reports changed of jobs. A NULL output or artefacts leaves what is there.
UPDATE jobs j SET state = u.state, version = j.version + 1, failed_nodes = u.failed::bigint[],
  is_overflow = u.overflow, reason = u.reason, output = coalesce(u.output, j.output),
  artefacts = coalesce(u.artefacts, j.artefacts), cost_micro = u.cost, finished_at = u.finished
FROM unnest($1::text[], $2::text[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[],
    $8::bigint[], $9::timestamptz[])
  u (job, state, failed, overflow, reason, output, artefacts, cost, finished)
WHERE j.id = u.job
