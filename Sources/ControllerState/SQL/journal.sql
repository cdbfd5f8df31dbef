-- The newest steps, newest first.
-- $1 environment, $2 the resource or NULL for all, $3 the limit
SELECT pass, resource, step, revision, action, summary, reason, risk, intent_at, outcome, outcome_at, error,
  effect, fields
FROM journal
WHERE environment = $1 AND ($2::text IS NULL OR resource = $2)
ORDER BY sequence DESC LIMIT $3
