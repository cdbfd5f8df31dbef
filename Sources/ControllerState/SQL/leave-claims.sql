-- Marks what resources hold as leaving, unless it is marked already.
-- $1 environment, $2 names of the resources, $3 time
WITH leaving AS (
  UPDATE claims SET leaving_since = $3
  WHERE environment = $1 AND resource = ANY ($2) AND leaving_since IS NULL
  RETURNING key)
UPDATE controller_identity SET claims_version = claims_version + 1 WHERE EXISTS (SELECT FROM leaving)
