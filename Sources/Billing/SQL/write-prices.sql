-- Supersedes and opens entries of the map $1 in one statement. $2 to $4: price ID, credits and amount of each
-- entry; $5, $6: the currency and effective time of all; $7: the price IDs to close. Current entries that are
-- equal stay as they are.
--
-- An entry stays in force until the effective time of its successor. One that was never in force is closed as
-- an empty span. The insertion counts `closed`, so that it begins after every predecessor was superseded.
WITH desired AS (
  SELECT * FROM unnest($2::text[], $3::bigint[], $4::bigint[])
    AS w (price_id, credits_micro, amount_tenthousandths)
), changed AS (
  SELECT w.* FROM desired w
  LEFT JOIN price_map_entries e ON e.map = $1 AND e.price_id = w.price_id AND e.superseded_at IS NULL
  WHERE e.id IS NULL
    OR (e.credits_micro, e.amount_tenthousandths, e.currency, e.effective_from)
      IS DISTINCT FROM (w.credits_micro, w.amount_tenthousandths, $5::text, $6::timestamptz)
), leaving AS (
  SELECT price_id, $6::timestamptz AS since FROM changed
  UNION ALL
  SELECT c.price_id, NULL FROM unnest($7::text[]) AS c (price_id)
), closed AS (
  UPDATE price_map_entries e
  SET superseded_at = CASE
    WHEN greatest(e.effective_from, e.recorded_at) > now() THEN greatest(e.effective_from, e.recorded_at)
    ELSE greatest(now(), l.since)
  END
  FROM leaving l
  WHERE e.map = $1 AND e.price_id = l.price_id AND (e.superseded_at IS NULL OR e.superseded_at > now())
  RETURNING 1
)
INSERT INTO price_map_entries
  (map, price_id, credits_micro, amount_tenthousandths, currency, effective_from)
SELECT $1, price_id, credits_micro, amount_tenthousandths, $5, $6 FROM changed
WHERE (SELECT count(*) FROM closed) >= 0
ORDER BY price_id
