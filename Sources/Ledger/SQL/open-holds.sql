-- Open holds, oldest first. $1: the name of their account, NULL for all.
SELECT h.id, a.name AS account, h.amount_micro, h.job, h.opened_at, h.expires_at FROM holds h
JOIN accounts a ON a.id = h.account
WHERE h.state = 'open' AND (a.name = $1 OR $1 IS NULL) ORDER BY h.opened_at, h.id
