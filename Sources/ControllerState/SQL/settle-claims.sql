-- Releases what applied resources no longer claim, and everything of removed ones. What only a mark without
-- an environment names stays with an applied resource.
-- $1 environment, $2 names of applied resources, $3 keys of everything that they claim, $4 names of removed
-- resources
WITH released AS (
  DELETE FROM claims
  WHERE environment = $1 AND (
    (resource = ANY ($2) AND NOT key = ANY ($3) AND key NOT LIKE 'unmarked %') OR resource = ANY ($4))
  RETURNING key)
UPDATE controller_identity SET claims_version = claims_version + 1 WHERE EXISTS (SELECT FROM released)
