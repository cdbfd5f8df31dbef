-- Adds a token unless its name is taken. Returns its name.
-- $1..$7 its columns, $8 whether it is added only when there is no token
INSERT INTO api_tokens (name, role, subject, hash, created_at, created_by, expires_at)
SELECT $1, $2, $3, $4, $5::timestamptz, $6, $7::timestamptz
WHERE NOT ($8::boolean AND EXISTS (SELECT FROM api_tokens))
ON CONFLICT (name) DO NOTHING RETURNING name
