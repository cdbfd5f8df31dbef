-- The status of the event $1 and of its session $2, without locks. `mode_is_live` is NULL before the mode is
-- recorded.
SELECT EXISTS (SELECT 1 FROM billing_events WHERE id = $1 AND outcome <> 'kept') AS is_done,
  EXISTS (SELECT 1 FROM billing_purchases WHERE session = $2) AS is_credited,
  {has_ledger} AS has_ledger, (SELECT is_live FROM billing_mode) AS mode_is_live
