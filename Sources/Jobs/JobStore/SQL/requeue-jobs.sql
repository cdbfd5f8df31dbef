-- Puts the jobs ($1) of preempted attempts back to their places in the queue.
INSERT INTO pending_jobs (job, account, module, priority, queued_at, deadline_at)
SELECT id, account, module, priority, submitted_at, deadline_at FROM jobs WHERE id = ANY ($1::text[])
