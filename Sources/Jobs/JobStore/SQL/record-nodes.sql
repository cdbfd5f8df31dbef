-- Writes what manifests declare of nodes, and restores retired ones. GPUs that a node no longer has are
-- removed from the end, except those in use.
INSERT INTO scheduler_nodes AS node (name, owner, labels, gpu_memory, gpu_used, cores, slots, memory,
  is_rootless, is_cordoned, is_overflow)
SELECT name, owner, labels::jsonb, gpu_memory, array_fill(0::bigint, ARRAY[gpu_count::int]), cores,
  slots::int, memory, is_rootless, is_cordoned, is_overflow
FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[],
    $8::bigint[], $9::bool[], $10::bool[], $11::bool[])
  AS declared (name, owner, labels, gpu_memory, gpu_count, cores, slots, memory, is_rootless, is_cordoned,
    is_overflow)
ORDER BY name
ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, labels = excluded.labels,
  gpu_memory = excluded.gpu_memory,
  gpu_used = CASE
    WHEN cardinality(excluded.gpu_used) >= cardinality(node.gpu_used)
      THEN node.gpu_used || excluded.gpu_used[cardinality(node.gpu_used) + 1:]
    ELSE node.gpu_used[:greatest(cardinality(excluded.gpu_used), (
      SELECT coalesce(max(gpu), 0)::int FROM unnest(node.gpu_used) WITH ORDINALITY AS used (bytes, gpu)
      WHERE bytes > 0))]
    END,
  cores = excluded.cores, slots = excluded.slots, memory = excluded.memory,
  is_rootless = excluded.is_rootless, is_cordoned = excluded.is_cordoned,
  is_overflow = excluded.is_overflow, retired_at = NULL
