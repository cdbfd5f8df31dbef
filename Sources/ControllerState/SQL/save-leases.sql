-- Stores leases, in the order of their ranges.
-- $1 environment, $2..$5 one array for each column
INSERT INTO leases (environment, key_range, holder, token, since)
SELECT $1, * FROM unnest($2::int[], $3::text[], $4::bigint[], $5::timestamptz[]) ORDER BY 2
ON CONFLICT (environment, key_range) DO UPDATE SET
  holder = EXCLUDED.holder, token = EXCLUDED.token, since = EXCLUDED.since
