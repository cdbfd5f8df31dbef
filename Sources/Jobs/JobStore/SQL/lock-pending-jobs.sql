-- Locks those of the jobs ($1) that still wait, in the order of their ids. $2: only jobs whose module is
-- retired.
SELECT j.id, {account_name} AS account, j.hold, j.is_overflow FROM jobs j
WHERE j.id = ANY ($1::text[]) AND j.state = 'pending' AND (NOT $2::boolean OR EXISTS (
  SELECT 1 FROM scheduler_modules m WHERE m.name = j.module AND m.retired_at IS NOT NULL
))
ORDER BY j.id FOR NO KEY UPDATE OF j
