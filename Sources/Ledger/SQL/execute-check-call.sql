-- Sets `total` of call `i`. A call that is invalid whatever the balances are ends here; its outcome is not
-- recorded, so its key stays free.
decision := NULL;
total := 0;
IF first_legs[i] IS NOT NULL THEN
  FOR l IN first_legs[i]..last_legs[i] LOOP
    payee := payees[l];
    IF payee IS NULL THEN
      decision := 'unknown_payee';
    ELSIF payee = payer AND (leg_rules[l] IS NULL OR call_kinds[i] <> 'capture') THEN
      decision := 'self_transfer';
    ELSIF hold_index IS NOT NULL AND leg_rules[l] IS NOT NULL
      AND leg_rules[l] IS DISTINCT FROM hold_rules[hold_index] THEN
      decision := 'other_rules';
    ELSIF leg_rules[l] IS NOT NULL AND first_tiers[l] IS NULL THEN
      decision := 'unknown_rules';
    ELSIF leg_rules[l] IS NOT NULL AND platforms[l] IS NULL THEN
      decision := 'unknown_payee';
    ELSIF leg_amounts[l] IS NULL OR leg_amounts[l] <= 0 OR leg_amounts[l] > max_amount
      OR balances[payee] > max_balance THEN
      decision := 'invalid_amount';
    END IF;
    total := total + coalesce(leg_amounts[l], 0);
  END LOOP;
END IF;
IF call_kinds[i] = 'hold' THEN
  total := coalesce(call_amounts[i], 0);
  IF total <= 0 OR call_lifetimes[i] IS NULL OR call_lifetimes[i] NOT BETWEEN 1 AND max_hold_seconds THEN
    decision := 'invalid_amount';
  END IF;
ELSIF call_kinds[i] = 'transfer' THEN
  IF total <= 0 THEN
    decision := coalesce(decision, 'invalid_amount');
  END IF;
ELSIF hold_index IS NULL OR hold_owners[hold_index] <> ids[payer] THEN
  decision := 'unknown_hold';
END IF;
IF total > max_amount OR balances[payer] < -max_balance THEN
  decision := coalesce(decision, 'invalid_amount');
END IF;
IF decision IS NOT NULL THEN
  outcomes[i] := decision;
  CONTINUE;
END IF;
