-- Stores holdings, in place of those of the same things.
-- $1..$7 one array for each column
INSERT INTO claims (key, role, environment, resource, holds_data, leaving_since, since)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[],
  $7::timestamptz[])
ON CONFLICT (key) DO UPDATE SET
  role = EXCLUDED.role, environment = EXCLUDED.environment, resource = EXCLUDED.resource,
  holds_data = EXCLUDED.holds_data, leaving_since = EXCLUDED.leaving_since, since = EXCLUDED.since
