-- Removes the personal data of the account $1 from dead letters; $2: the new name. Refunds and disputes are
-- found by the payments of the account's purchases and of its sessions that were not credited. An open dead
-- letter without its event cannot be replayed, except one that is not covered, which follows from the
-- purchase.
WITH sessions AS (
  SELECT session AS subject, payment_intent, NULL AS event FROM billing_purchases WHERE account IN ($1, $2)
  UNION ALL SELECT subject, payment_intent, event FROM billing_dead_letters WHERE account = $1
)
UPDATE billing_dead_letters
SET account = CASE WHEN account = $1 THEN $2 ELSE account END, payload = NULL
WHERE (payload IS NOT NULL OR account = $1)
  AND (account = $1
    OR subject IN (SELECT subject FROM sessions WHERE subject <> '')
    OR payment_intent IN (SELECT payment_intent FROM sessions WHERE payment_intent IS NOT NULL)
    OR event IN (SELECT event FROM sessions WHERE event IS NOT NULL))
