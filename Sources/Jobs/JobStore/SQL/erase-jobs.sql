-- The jobs of an erased account ($1). An empty `request` keeps the jobs from an account that gets the name
-- and uses the same keys later. $2: what stands for the name.
UPDATE jobs SET request = '', input = 'null', output = NULL, artefacts = NULL, reason = NULL,
  cancelled_by = CASE WHEN cancelled_by IS NOT NULL THEN $2 END, version = version + 1
WHERE account = $1
