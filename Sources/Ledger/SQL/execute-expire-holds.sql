-- Expires the overdue holds of the locked accounts, so that the calls can use what they reserved. Sets `held`
-- and `account_changed`.
IF EXISTS (SELECT 1 FROM holds o WHERE o.state = 'open' AND o.expires_at <= at) THEN
  WITH expired AS (
    UPDATE holds o SET state = 'expired', closed_at = at
    WHERE o.account = ANY (ids) AND o.state = 'open' AND o.expires_at <= at
    RETURNING o.account, o.amount_micro
  )
  SELECT array_agg(n.held - coalesce(e.released, 0) ORDER BY n.index) INTO held
  FROM unnest(ids, held) WITH ORDINALITY n (id, held, index)
  LEFT JOIN (
    SELECT x.account, sum(x.amount_micro)::bigint AS released FROM expired x GROUP BY x.account
  ) e ON e.account = n.id;
  account_changed := array_fill(true, ARRAY[coalesce(array_length(ids, 1), 0)]);
ELSE
  account_changed := array_fill(false, ARRAY[coalesce(array_length(ids, 1), 0)]);
END IF;
