-- Records which resources a revision changes and removes.
-- $1 environment, $2 revision, $3..$6 one array for each column, $7 the removed resources
INSERT INTO revision_entries (environment, revision, resource, digest, mode, document)
SELECT $1::text, $2::bigint, * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[])
UNION ALL SELECT $1::text, $2::bigint, removed, NULL, NULL, NULL FROM unnest($7::text[]) AS removed
