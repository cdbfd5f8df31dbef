-- The resources with a step that ended in a span of time and may still take effect. A step without a recorded
-- effect counts as uncertain.
-- $1 environment, $2 resources, $3..$4 the span, $5 whether other steps count too unless a deletion followed
SELECT DISTINCT resource FROM journal
WHERE environment = $1 AND resource = ANY ($2) AND outcome_at BETWEEN $3 AND $4
  AND (outcome <> 'done' AND effect IS DISTINCT FROM 'settled'
    OR $5::boolean AND NOT EXISTS (
      SELECT FROM journal AS later WHERE later.environment = $1 AND later.resource = journal.resource
        AND later.sequence >= journal.sequence AND later.outcome = 'done' AND later.action = 'delete'))
