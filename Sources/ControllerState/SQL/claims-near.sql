-- The holdings that some claims may conflict with or take over.
-- $1 environment, $2 names of resources that hand over what they hold, $3 keys of the claimed things
SELECT key, role, environment, resource, holds_data, leaving_since, since FROM claims
WHERE (environment = $1 AND resource = ANY ($2)) OR key = ANY ($3)
  OR key LIKE 'host-port %' OR key LIKE 'folder %' OR key LIKE 'bucket-prefix %'
