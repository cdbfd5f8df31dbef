-- A node by its name ($1). A node that left the manifests is found until its last attempt has ended.
SELECT n.id, n.retired_at IS NOT NULL AS is_retired FROM scheduler_nodes n
WHERE n.name = $1 AND (
  n.retired_at IS NULL OR EXISTS (SELECT 1 FROM job_attempts w WHERE w.node = n.id AND w.ended_at IS NULL))
