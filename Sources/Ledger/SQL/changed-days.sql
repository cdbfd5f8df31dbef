-- Days of the destination $1 whose number of entries differs from the number that was exported.
SELECT x.day, x.entries AS exported, coalesce(e.entries, 0) AS found FROM ledger_exports x
LEFT JOIN (
  SELECT (recorded_at AT TIME ZONE 'UTC')::date AS day, count(*) AS entries FROM ledger_entries GROUP BY 1
) e ON e.day = x.day
WHERE x.destination = $1 AND x.entries <> coalesce(e.entries, 0) ORDER BY x.day
