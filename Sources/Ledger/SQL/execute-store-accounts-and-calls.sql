-- Stores the accounts that changed, and the outcomes of new calls by their keys.
UPDATE accounts o SET (balance_micro, held_micro, entries, head, gross_micro) = (
  SELECT balances[n.index], held[n.index], numbers[n.index], heads[n.index], grosses[n.index]
  FROM (SELECT array_position(ids, o.id) AS index) n)
WHERE o.id = ANY (ids) AND account_changed[array_position(ids, o.id)];

INSERT INTO ledger_calls (account, key, digest, outcome, hold, recorded_at)
SELECT ids[n.payer], n.key, n.digest, n.outcome, n.hold, at
FROM unnest(payers, call_keys, call_digests, outcomes, result_holds, is_new)
  n (payer, key, digest, outcome, hold, is_new)
WHERE n.is_new;
