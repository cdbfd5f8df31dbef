-- Stores the new holds and those that calls closed.
IF has_new_holds THEN
  INSERT INTO holds (id, account, amount_micro, job, opened_at, expires_at, rules)
  SELECT n.hold, ids[n.payer], n.amount, n.job, at, at + n.lifetime * interval '1 second', rules_in_force
  FROM unnest(call_kinds, result_holds, payers, call_amounts, call_jobs, call_lifetimes, is_new)
    n (kind, hold, payer, amount, job, lifetime, is_new)
  WHERE n.kind = 'hold' AND n.is_new AND n.hold IS NOT NULL;
END IF;
IF true = ANY (hold_changed) THEN
  UPDATE holds o SET closed_at = at, (state, captured_micro) = (
    SELECT hold_states[n.index], hold_captures[n.index]
    FROM (SELECT array_position(hold_ids, o.id) AS index) n)
  WHERE o.id = ANY (hold_ids) AND hold_changed[array_position(hold_ids, o.id)];
END IF;
