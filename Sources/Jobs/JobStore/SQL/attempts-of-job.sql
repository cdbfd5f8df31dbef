SELECT w.number, n.name AS node, w.state, w.reason, w.note, w.units, w.gpu_ms, w.cpu_ms, w.dispatched_at,
  w.started_at, w.ended_at, w.decision
FROM job_attempts w JOIN scheduler_nodes n ON n.id = w.node WHERE w.job = $1 ORDER BY w.number
