-- The prices $1 as they were in force at $2. Times are compared in whole seconds, because Stripe reports the
-- creation of a session in seconds. Of two entries in force within the same second, the newer counts.
SELECT DISTINCT ON (price_id) price_id, credits_micro, currency FROM price_map_entries
WHERE price_id = ANY ($1) AND date_trunc('second', greatest(effective_from, recorded_at)) <= $2
  AND (superseded_at IS NULL OR superseded_at > $2)
ORDER BY price_id, greatest(effective_from, recorded_at) DESC, id DESC
