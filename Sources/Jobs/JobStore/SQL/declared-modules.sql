-- Modules that are not retired, and those of $1 that are.
SELECT name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels, nodes, price_micro,
  unit, retired_at IS NOT NULL AS is_retired
FROM scheduler_modules WHERE retired_at IS NULL OR name = ANY ($1)
