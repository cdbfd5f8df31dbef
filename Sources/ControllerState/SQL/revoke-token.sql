-- Revokes a token, unless it is revoked. Returns it.
-- $1 name, $2 the time, $3 the actor
UPDATE api_tokens SET revoked_at = coalesce(revoked_at, $2), revoked_by = coalesce(revoked_by, $3)
WHERE name = $1 RETURNING {columns}
