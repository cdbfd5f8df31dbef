-- The id of the ledger, its newest entry, and whether it has the entry $1 with the hash $2; true without $1.
-- An entry is in two chains, so its hash covers both.
WITH hashed AS (
  SELECT id, left(encode(sha256(debit_hash || credit_hash), 'hex'), 32) AS hash FROM ledger_entries
  WHERE id = $1::bigint OR id = (SELECT max(id) FROM ledger_entries))
SELECT (SELECT id::text FROM ledger_books) AS id, newest.id AS entry, newest.hash,
  $1::bigint IS NULL OR EXISTS (SELECT FROM hashed WHERE id = $1::bigint AND hash = $2) AS has_recorded
FROM (VALUES (true)) AS one LEFT JOIN (SELECT id, hash FROM hashed ORDER BY id DESC LIMIT 1) newest ON true
