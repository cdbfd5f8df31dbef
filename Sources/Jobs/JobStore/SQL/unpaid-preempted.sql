-- Locks preempted attempts whose work is not paid yet, in the order of their jobs' ids. $1: their maximum
-- number.
SELECT w.job, w.number, w.gpu_ms, w.cpu_ms, w.pay_micro, j.hold, j.developer, n.owner AS node_owner
FROM job_attempts w JOIN jobs j ON j.id = w.job JOIN scheduler_nodes n ON n.id = w.node
WHERE w.pay_micro > 0 AND w.pay_outcome IS NULL ORDER BY w.job, w.number LIMIT $1
FOR NO KEY UPDATE OF w SKIP LOCKED
