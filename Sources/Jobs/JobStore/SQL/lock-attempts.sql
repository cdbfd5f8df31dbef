-- Locks attempts and their jobs in the order of the jobs' ids. $1: ids of jobs; $2: numbers of attempts.
SELECT j.id, {account_name} AS account, j.module, j.image, j.developer, j.units AS ordered_units,
  j.unit_price_micro, j.hold, j.held_micro, j.state AS job_state, j.attempts, j.failed_nodes, j.is_overflow,
  j.cancelled_by, j.deadline_at, j.reason AS job_reason, w.number, w.node, w.gpu, w.gpu_memory, w.cores,
  w.state, w.started_at, w.ended_at, w.lease_until, w.stop_at, w.units, w.gpu_ms, w.cpu_ms, w.note, w.reason
FROM unnest($1::text[], $2::int[]) u (job, number)
JOIN jobs j ON j.id = u.job
JOIN job_attempts w ON w.job = u.job AND w.number = u.number
ORDER BY j.id FOR NO KEY UPDATE OF j, w
