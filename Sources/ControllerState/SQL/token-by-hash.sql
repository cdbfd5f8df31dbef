-- The token with a hash. Records its use, at most once an hour.
-- $1 hash
WITH used AS (
  UPDATE api_tokens SET last_used_at = now()
  WHERE hash = $1 AND revoked_at IS NULL
    AND (last_used_at IS NULL OR last_used_at < now() - interval '1 hour')
)
SELECT {columns} FROM api_tokens WHERE hash = $1
