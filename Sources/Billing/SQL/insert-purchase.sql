INSERT INTO billing_purchases (
  session, account, lines, credits_micro, currency, amount, payment_intent, is_live, session_created_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
