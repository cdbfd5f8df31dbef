-- Marks steps without an outcome as interrupted in an environment that no controller is a member of.
-- $1 environment
UPDATE journal SET outcome = 'interrupted', outcome_at = clock_timestamp(), effect = 'uncertain'
WHERE environment = $1 AND outcome IS NULL AND NOT EXISTS (
  SELECT FROM replicas WHERE replicas.environment = $1 AND expires_at > clock_timestamp())
