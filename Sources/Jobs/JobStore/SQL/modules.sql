-- Every module that is declared. `is_backlogged`: whether a job of it has waited for more than a second.
SELECT name, job_type, image, developer, gpu_memory, cores, memory, is_rootless, labels, nodes, price_micro,
  unit,
  EXISTS (
    SELECT 1 FROM pending_jobs p WHERE p.module = m.name AND p.queued_at < now() - interval '1 second'
  ) AS is_backlogged
FROM scheduler_modules m WHERE retired_at IS NULL
