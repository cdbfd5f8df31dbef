-- Resolves the dead letters of reversals that arrived before their purchase. $1: the payment; $2: the
-- currency of the purchase; $3: the resolution. Reversals in another currency stay open.
UPDATE billing_dead_letters SET resolved_at = now(), payload = NULL, resolution = $3
WHERE resolved_at IS NULL AND reason = 'unknown_purchase' AND payment_intent = $1
  AND subject IN (SELECT id FROM billing_reversals WHERE payment_intent = $1 AND currency = $2)
