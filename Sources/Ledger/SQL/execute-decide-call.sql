-- Decides call `i` by the balances and holds as the calls before it leave them; the outcome is final for its
-- key. Sets its results and `job_name`, and changes the hold. A call that moves no credits ends here.
job_name := call_jobs[i];
IF call_kinds[i] = 'hold' THEN
  IF NOT is_clearing[payer] AND balances[payer] - held[payer] < total THEN
    decision := 'insufficient_credit';
  ELSE
    decision := 'done';
    held[payer] := held[payer] + total::bigint;
    account_changed[payer] := true;
    result_holds[i] := nextval('hold_ids');
    has_new_holds := true;
  END IF;
ELSIF call_kinds[i] = 'transfer' THEN
  decision := CASE WHEN NOT is_clearing[payer] AND balances[payer] - held[payer] < total
    THEN 'insufficient_credit' ELSE 'done' END;
ELSE
  result_holds[i] := hold_ids[hold_index];
  job_name := hold_jobs[hold_index];
  IF hold_states[hold_index] = 'expired' THEN
    decision := 'hold_expired';
  ELSIF hold_states[hold_index] <> 'open' THEN
    decision := 'hold_closed';
  ELSIF total > hold_amounts[hold_index] THEN
    decision := 'exceeds_hold';
  ELSE
    decision := 'done';
    held[payer] := held[payer] - hold_amounts[hold_index];
    account_changed[payer] := true;
    hold_states[hold_index] := CASE call_kinds[i] WHEN 'capture' THEN 'captured' ELSE 'voided' END;
    hold_captures[hold_index] := total::bigint;
    hold_changed[hold_index] := true;
  END IF;
END IF;
outcomes[i] := decision;
is_new[i] := true;
decided_calls[first_calls[i]] := i;
IF decision <> 'done' OR first_legs[i] IS NULL THEN
  CONTINUE;
END IF;
