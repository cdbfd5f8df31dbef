-- Sets `payers`, `payees`, `first_legs` and `last_legs`: NULL where an account does not exist or a call has
-- no legs.
SELECT array_agg(n.index ORDER BY c.index) INTO payers
FROM unnest(call_accounts) WITH ORDINALITY c (name, index)
LEFT JOIN unnest(names) WITH ORDINALITY n (name, index) ON n.name = c.name;

SELECT array_agg(n.index ORDER BY l.index) INTO payees
FROM unnest(leg_accounts) WITH ORDINALITY l (name, index)
LEFT JOIN unnest(names) WITH ORDINALITY n (name, index) ON n.name = l.name;

SELECT array_agg(s.first ORDER BY s.index), array_agg(s.last ORDER BY s.index) INTO first_legs, last_legs
FROM (
  SELECT p AS index, min(l.index) AS first, max(l.index) AS last
  FROM generate_series(1, calls) p
  LEFT JOIN unnest(leg_calls) WITH ORDINALITY l (call, index) ON l.call = p GROUP BY p
) s;
