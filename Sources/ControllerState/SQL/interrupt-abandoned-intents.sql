-- Marks steps without an outcome as interrupted in an environment that no controller is a member of.
-- $1 environment, $2 the time
UPDATE journal SET outcome = 'interrupted', outcome_at = $2, effect = 'uncertain'
WHERE environment = $1 AND outcome IS NULL AND NOT EXISTS (
  SELECT FROM replicas WHERE replicas.environment = $1 AND expires_at > clock_timestamp())
