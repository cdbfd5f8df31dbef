-- The attempts on nodes ($1) that must stop: their job was cancelled, or their time or credits are used
-- up.
SELECT w.node, w.job, w.number FROM job_attempts w JOIN jobs j ON j.id = w.job
WHERE w.node = ANY ($1::bigint[]) AND w.ended_at IS NULL
  AND (j.cancelled_by IS NOT NULL OR w.stop_at <= now())
