-- The newest entry of each resource up to a revision, except entries that remove their resource.
-- $1 environment, $2 revision
SELECT resource, digest, document FROM (
  SELECT DISTINCT ON (resource) resource, digest, document FROM revision_entries
  WHERE environment = $1 AND revision <= $2 ORDER BY resource, revision DESC
) AS newest WHERE digest IS NOT NULL
