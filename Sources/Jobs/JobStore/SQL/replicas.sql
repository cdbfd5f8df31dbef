-- $1: the limit of the count of waiting jobs; $2: for how many seconds a replica counts as running after
-- its heartbeat.
SELECT (
    SELECT count(*) FROM scheduler_replicas WHERE seen_at > now() - make_interval(secs => $2)
  ) AS running,
  (SELECT count(*) FROM (SELECT 1 FROM pending_jobs LIMIT $1) AS waiting) AS pending
