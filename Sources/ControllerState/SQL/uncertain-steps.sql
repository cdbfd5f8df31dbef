-- The resources with a step that may still take effect.
-- $1 environment, $2 for how many milliseconds after its end
SELECT DISTINCT resource FROM journal
WHERE environment = $1 AND (outcome IS NULL
  OR outcome <> 'done' AND effect IS DISTINCT FROM 'settled'
    AND outcome_at > clock_timestamp() - $2::bigint * interval '1 millisecond')
ORDER BY resource
