-- Adds quarantines. Does not change those that are in force.
-- $1 environment, $2..$6 one array for each column
INSERT INTO quarantine (environment, manifest_digest, revision, reason, actor, at)
SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::timestamptz[])
ON CONFLICT (environment, manifest_digest) DO UPDATE SET
  revision = EXCLUDED.revision, reason = EXCLUDED.reason, actor = EXCLUDED.actor, at = EXCLUDED.at,
  lifted_at = NULL, lifted_by = NULL
WHERE quarantine.lifted_at IS NOT NULL
