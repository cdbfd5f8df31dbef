-- Ends the quarantine of manifests. Returns it.
-- $1 environment, $2 digest of the manifests, $3 the time, $4 the actor
UPDATE quarantine SET lifted_at = $3, lifted_by = $4
WHERE environment = $1 AND manifest_digest = $2 AND lifted_at IS NULL
RETURNING manifest_digest, revision, reason, actor, at
