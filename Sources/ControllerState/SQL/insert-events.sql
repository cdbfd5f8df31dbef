-- Records events.
-- $1 environment, $2..$7 one array for each column
INSERT INTO events (environment, resource, at, is_warning, reason, message, revision)
SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::boolean[], $5::text[], $6::text[], $7::bigint[])
