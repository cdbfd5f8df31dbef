-- The attempts of modules ($1) that have not ended, oldest first. No worker works on an expired one.
SELECT w.job, w.number, w.node AS node_id, w.state, w.dispatched_at, j.module, n.name AS node, j.image,
  w.lease_until <= clock_timestamp() AS is_expired
FROM job_attempts w JOIN jobs j ON j.id = w.job JOIN scheduler_nodes n ON n.id = w.node
WHERE w.ended_at IS NULL AND j.module = ANY ($1::text[]) ORDER BY w.dispatched_at, w.job, w.number
