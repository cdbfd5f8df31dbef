-- Sets `payer` and `hold_index` of call `i`. A call whose key was decided before, in this batch or an earlier
-- one, has the recorded outcome and ends here; so does a call of an unknown account.
payer := payers[i];
hold_index := hold_indexes[i];
IF payer IS NULL THEN
  outcomes[i] := 'unknown_account';
  CONTINUE;
ELSIF recorded_digests[i] IS NOT NULL THEN
  IF recorded_digests[i] = call_digests[i] THEN
    outcomes[i] := recorded_outcomes[i];
    result_holds[i] := recorded_holds[i];
  ELSE
    outcomes[i] := 'key_reused';
  END IF;
  CONTINUE;
ELSIF decided_calls[first_calls[i]] IS NOT NULL THEN
  IF call_digests[decided_calls[first_calls[i]]] = call_digests[i] THEN
    outcomes[i] := outcomes[decided_calls[first_calls[i]]];
    result_holds[i] := result_holds[decided_calls[first_calls[i]]];
  ELSE
    outcomes[i] := 'key_reused';
  END IF;
  CONTINUE;
END IF;
