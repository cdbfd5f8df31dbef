-- Sets the arrays of holds and `hold_indexes`, and gives the results their lengths. Only holds of locked
-- accounts are read: `hold_indexes` is NULL for any other.
SELECT array_agg(o.id ORDER BY o.id), array_agg(o.account ORDER BY o.id),
  array_agg(o.amount_micro ORDER BY o.id), array_agg(0::bigint ORDER BY o.id),
  array_agg(o.state ORDER BY o.id),
  array_agg(o.job ORDER BY o.id), array_agg(o.rules ORDER BY o.id), array_agg(false ORDER BY o.id)
INTO hold_ids, hold_owners, hold_amounts, hold_captures, hold_states, hold_jobs, hold_rules, hold_changed
FROM holds o WHERE o.id = ANY (call_holds) AND o.account = ANY (ids);

SELECT array_agg(n.index ORDER BY c.index) INTO hold_indexes
FROM unnest(call_holds) WITH ORDINALITY c (id, index)
LEFT JOIN unnest(hold_ids) WITH ORDINALITY n (id, index) ON n.id = c.id;

outcomes := array_fill(NULL::text, ARRAY[calls]);
result_holds := array_fill(NULL::bigint, ARRAY[calls]);
is_new := array_fill(false, ARRAY[calls]);
decided_calls := array_fill(NULL::int, ARRAY[calls]);
