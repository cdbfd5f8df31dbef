-- Marks steps without an outcome as interrupted, unless their token is current. Returns their resources.
-- $1 environment, $2 the time
UPDATE journal SET outcome = 'interrupted', outcome_at = $2, effect = 'uncertain'
WHERE environment = $1 AND outcome IS NULL AND NOT EXISTS (
  SELECT FROM leases
  WHERE leases.environment = $1 AND leases.key_range = journal.key_range AND leases.token = journal.token
    AND leases.holder IS NOT NULL)
RETURNING resource
