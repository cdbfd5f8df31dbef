-- Stores documents of resources.
-- $1 environment, $2 revision, $3 whether the documents are applied, $4..$6 one array for each column
INSERT INTO inventory (environment, revision, resource, document_digest, applied_digest, document)
SELECT $1, $2::bigint, resource, digest, CASE WHEN $3::boolean THEN digest END, document
FROM unnest($4::text[], $5::text[], $6::text[]) AS given (resource, digest, document)
ON CONFLICT (environment, resource) DO UPDATE SET
  revision = EXCLUDED.revision, document_digest = EXCLUDED.document_digest, document = EXCLUDED.document,
  applied_digest = coalesce(EXCLUDED.applied_digest, inventory.applied_digest)
