-- Stops listing an environment until it gets a newer revision.
-- $1 environment, $2 its newest revision, $3 time, $4 actor
INSERT INTO forgotten_environments (environment, newest_revision, at, actor)
VALUES ($1, $2::bigint, $3::timestamptz, $4)
ON CONFLICT (environment) DO UPDATE SET
  newest_revision = EXCLUDED.newest_revision, at = EXCLUDED.at, actor = EXCLUDED.actor
