-- Posts the legs of call `i`: one entry for a plain leg; for a shared leg, per tier, one for the payee's
-- share and one for the platform's remainder. Changes the arrays of accounts.
payer_balance := balances[payer];
payer_number := numbers[payer];
payer_head := heads[payer];
FOR l IN first_legs[i]..last_legs[i] LOOP
  payee := payees[l];
  remaining := leg_amounts[l];
  reached := grosses[payee];
  FOR t IN coalesce(first_tiers[l], 0)..coalesce(last_tiers[l], 0) LOOP
    IF t = 0 THEN
      part := remaining; share := remaining; remainder := 0; gross := 0;
    ELSE
      -- A tier takes what fits between the lifetime gross so far and its end. The share is rounded down and
      -- the platform gets the remainder, so both add up to the part. A payer who is the payee keeps the share
      -- and pays the remainder.
      part := CASE WHEN tier_ends[t] IS NULL THEN remaining
        ELSE least(remaining, greatest(tier_ends[t] - reached, 0)) END;
      CONTINUE WHEN part = 0;
      share := part / 1000000 * tier_rates[t] + part % 1000000 * tier_rates[t] / 1000000;
      remainder := part - share;
      gross := part;
      reached := reached + part;
      IF share > 0 AND payee <> payer THEN
        grosses[payee] := grosses[payee] + gross;
      END IF;
    END IF;
    FOR side IN 1..2 LOOP
      IF side = 1 THEN
        amount := share; entry_type := leg_types[l];
      ELSE
        amount := remainder; entry_type := 'commission'; gross := 0;
      END IF;
      payee := CASE side WHEN 1 THEN payees[l] ELSE platforms[l] END;
      -- No entry moves credits from an account to itself.
      CONTINUE WHEN amount = 0 OR payee = payer;
{append_entry}
    END LOOP;
    payee := payees[l];
    remaining := remaining - part;
    EXIT WHEN remaining = 0;
  END LOOP;
END LOOP;
balances[payer] := payer_balance;
numbers[payer] := payer_number;
heads[payer] := payer_head;
account_changed[payer] := true;
