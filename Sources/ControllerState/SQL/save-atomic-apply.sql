-- Creates or renews the atomic apply of an environment.
INSERT INTO atomic_applies (environment, manifest_digest, goes_back_to, actor, alive_until)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (environment) DO UPDATE SET
  manifest_digest = EXCLUDED.manifest_digest, goes_back_to = EXCLUDED.goes_back_to, actor = EXCLUDED.actor,
  alive_until = EXCLUDED.alive_until
