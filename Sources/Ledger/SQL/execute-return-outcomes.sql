-- Returns a row per call. `available` is what the account can spend after the whole batch; `rules` is the
-- version that a hold was made under, NULL for other calls.
RETURN QUERY SELECT n.index, n.outcome, n.hold, balances[n.payer] - held[n.payer],
  CASE WHEN n.kind <> 'hold' THEN NULL WHEN n.is_new THEN rules_in_force
    ELSE (SELECT o.rules FROM holds o WHERE o.id = n.hold) END
FROM unnest(outcomes, result_holds, payers, call_kinds, is_new)
  WITH ORDINALITY n (outcome, hold, payer, kind, is_new, index) ORDER BY n.index;
