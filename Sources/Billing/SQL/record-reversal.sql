-- Records all refunds of a charge, or a dispute. $1: its id; $2: the payment; $3: the currency; $4: the
-- amount; $5: the state; $6: the time of the event. Refunds only grow. Of a dispute the final state wins,
-- else the newest.
INSERT INTO billing_reversals AS r (id, payment_intent, currency, amount, state, told_at)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE
SET amount = excluded.amount, state = excluded.state, told_at = excluded.told_at, recorded_at = now()
WHERE CASE WHEN excluded.state = 'refunded' THEN excluded.amount > r.amount ELSE
  (excluded.state IN ('lost', 'won'), excluded.told_at, excluded.state COLLATE "C", excluded.amount)
  > (r.state IN ('lost', 'won'), r.told_at, r.state COLLATE "C", r.amount) END
