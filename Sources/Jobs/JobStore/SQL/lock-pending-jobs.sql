-- Locks those of the jobs ($1) that still wait, in the order of their ids.
SELECT j.id, {account_name} AS account, j.hold, j.is_overflow FROM jobs j
WHERE j.id = ANY ($1::text[]) AND j.state = 'pending' ORDER BY j.id FOR NO KEY UPDATE OF j
