-- Nodes that are not retired, and those of $1 that are. `gpu_used` has a number for each GPU; the last one
-- above 0 is the number of GPUs that the node must keep.
SELECT name, owner, labels, gpu_memory, cardinality(gpu_used) AS gpu_count, cores, slots, memory, is_rootless,
  is_cordoned, is_overflow, retired_at IS NOT NULL AS is_retired,
  coalesce((
    SELECT max(gpu) FROM unnest(gpu_used) WITH ORDINALITY AS used (bytes, gpu) WHERE bytes > 0
  ), 0) AS gpus_in_use
FROM scheduler_nodes WHERE retired_at IS NULL OR name = ANY ($1)
