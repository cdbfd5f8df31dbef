-- Drains a module ($1) with an image ($3) on a node ($2). $4: the reason; $5: after how many milliseconds
-- the attempts that still run there are preempted.
INSERT INTO scheduler_drains (module, node, image, reason, until_at)
VALUES ($1, $2, $3, $4, clock_timestamp() + $5::bigint * interval '1 millisecond')
ON CONFLICT (module, node, image) DO UPDATE SET reason = excluded.reason, until_at = excluded.until_at
