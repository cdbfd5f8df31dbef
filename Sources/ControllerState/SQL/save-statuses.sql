-- Stores the statuses of resources.
-- $1 environment, $2..$7 one array for each column
INSERT INTO resource_status (environment, resource, revision, mode, failures, next_attempt, conditions)
SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::int[], $6::timestamptz[], $7::text[])
ON CONFLICT (environment, resource) DO UPDATE SET
  revision = EXCLUDED.revision, mode = EXCLUDED.mode, failures = EXCLUDED.failures,
  next_attempt = EXCLUDED.next_attempt, conditions = EXCLUDED.conditions
