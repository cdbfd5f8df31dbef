-- Puts jobs into the queue. $1: when; $2: their ids.
INSERT INTO pending_jobs (job, account, module, priority, queued_at, deadline_at)
SELECT id, account, module, priority, $1::timestamptz, deadline_at FROM jobs WHERE id = ANY ($2::text[])
