-- The digests and modes of the resources of the newest revision.
-- $1 environment
SELECT resource, digest || ' ' || mode AS digest FROM (
  SELECT DISTINCT ON (resource) resource, digest, mode FROM revision_entries
  WHERE environment = $1 ORDER BY resource, revision DESC
) AS newest WHERE digest IS NOT NULL
