-- Jobs of other accounts that the person of an erased account ($1) cancelled. $2: the name; $3: what
-- stands for it.
UPDATE jobs SET cancelled_by = CASE WHEN cancelled_by = $2 THEN $3 ELSE cancelled_by END,
  reason = CASE WHEN reason = 'cancelled by ' || $2 THEN 'cancelled by ' || $3 ELSE reason END,
  version = version + 1
WHERE account <> $1 AND (cancelled_by = $2 OR reason = 'cancelled by ' || $2)
