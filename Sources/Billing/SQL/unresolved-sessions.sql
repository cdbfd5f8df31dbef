-- The events of checkout sessions of the payment $1 that are kept as dead letters.
SELECT payload FROM billing_dead_letters
WHERE payment_intent = $1 AND resolved_at IS NULL AND payload IS NOT NULL AND reason <> 'wrong_mode'
  AND starts_with(type, 'checkout.session.')
