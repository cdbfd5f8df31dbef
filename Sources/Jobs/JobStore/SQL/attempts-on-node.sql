-- The dispatched attempts of a node ($1) whose lease has not expired, oldest first; at most $2.
SELECT w.job, w.number, j.module, j.image, j.input, j.units, w.gpu, w.lease_until, w.stop_at
FROM job_attempts w JOIN jobs j ON j.id = w.job
WHERE w.node = $1 AND w.ended_at IS NULL AND w.state = 'dispatched' AND w.lease_until > clock_timestamp()
ORDER BY w.dispatched_at, w.job LIMIT $2
