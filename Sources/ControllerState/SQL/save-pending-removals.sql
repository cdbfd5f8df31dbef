-- Adds pending removals.
-- $1 environment, $2..$6 one array for each column
INSERT INTO pending_removals (environment, resource, resource_digest, loses_data, since, due_at)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bool[], $5::timestamptz[], $6::timestamptz[])
