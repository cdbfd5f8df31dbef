-- Expires overdue holds, oldest first, and releases what they reserve; returns their number.
--
-- PostgreSQL cannot rename a parameter of an existing function: `most` is the limit.
CREATE OR REPLACE FUNCTION ledger_expire(call_at timestamptz, most int) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  at CONSTANT timestamptz := coalesce(call_at, now());
  locked bigint[];
  closed bigint;
BEGIN
  -- A hold changes only under the lock of its account.
  SELECT array_agg(l.id) INTO locked FROM (
    SELECT id FROM accounts WHERE id IN (
      SELECT d.account FROM (
        SELECT account FROM holds WHERE state = 'open' AND expires_at <= at ORDER BY expires_at, id LIMIT most
      ) d
    ) ORDER BY id FOR NO KEY UPDATE
  ) l;
  WITH due AS (
    SELECT id FROM holds WHERE state = 'open' AND expires_at <= at AND account = ANY (locked)
    ORDER BY expires_at, id LIMIT most
  ), expired AS (
    UPDATE holds o SET state = 'expired', closed_at = at FROM due WHERE o.id = due.id AND o.state = 'open'
    RETURNING o.account, o.amount_micro
  ), released AS (
    UPDATE accounts o SET held_micro = held_micro - e.amount
    FROM (SELECT account, sum(amount_micro)::bigint AS amount FROM expired GROUP BY account) e
    WHERE o.id = e.account
  )
  SELECT count(*) INTO closed FROM expired;
  RETURN closed;
END $$;
