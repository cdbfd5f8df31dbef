-- Every node that is declared, with its last heartbeat, by name. `status_columns` are for operators; the
-- refresh of a fleet cache leaves them out.
SELECT {node_columns}, n.labels, n.is_rootless, n.is_overflow, n.is_held, h.job_types,
  coalesce(h.images, '{}') AS images, coalesce(h.can_pull, false) AS can_pull, h.heard_at,
  coalesce(h.round_trip_us, 0) AS round_trip_us{status_columns}
FROM scheduler_nodes n LEFT JOIN scheduler_heartbeats h ON h.node = n.id
WHERE n.retired_at IS NULL ORDER BY n.name
