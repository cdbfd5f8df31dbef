-- The newest events, newest first.
-- $1 environment, $2 the resource or NULL for all, $3 the limit
SELECT at, resource, is_warning, reason, message, revision FROM events
WHERE environment = $1 AND ($2::text IS NULL OR resource = $2)
ORDER BY sequence DESC LIMIT $3
