-- What a change of an environment depends on.
-- $1 environment
SELECT
  coalesce(max(number), 0) AS newest,
  coalesce(max(number), 0)
    > coalesce((SELECT newest_revision FROM forgotten_environments WHERE environment = $1), 0)
    OR EXISTS (SELECT FROM inventory WHERE environment = $1) AS is_known,
  ARRAY(
    SELECT role || ' ' || name || ' on ' || host FROM replicas
    WHERE environment = $1 AND expires_at > clock_timestamp() ORDER BY name) AS members
FROM revisions WHERE environment = $1
