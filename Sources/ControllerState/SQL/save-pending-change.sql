-- Creates or replaces the pending removal of an environment.
INSERT INTO pending_changes (environment, manifest_digest, removals, loses_data, since, due_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (environment) DO UPDATE SET
  manifest_digest = EXCLUDED.manifest_digest, removals = EXCLUDED.removals,
  loses_data = EXCLUDED.loses_data, since = EXCLUDED.since, due_at = EXCLUDED.due_at
