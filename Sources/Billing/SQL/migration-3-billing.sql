-- One row for each checkout session that was credited.
CREATE TABLE billing_purchases (
  session text PRIMARY KEY,
  account text NOT NULL,
  -- What was bought, and what each line gave: [{"price", "quantity", "credits"}].
  lines json NOT NULL,
  credits_micro bigint NOT NULL CHECK (credits_micro > 0),
  -- What was taken back so far, and in how many moves to and fro.
  reversed_micro bigint NOT NULL DEFAULT 0 CHECK (reversed_micro BETWEEN 0 AND credits_micro),
  moves bigint NOT NULL DEFAULT 0,
  currency text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  payment_intent text,
  is_live boolean NOT NULL,
  session_created_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX billing_purchases_of_payment ON billing_purchases (payment_intent);
CREATE INDEX billing_purchases_of_account ON billing_purchases (account);

-- What Stripe gave back to buyers: for each charge all refunds together, for each dispute what is disputed. How much
-- is to be taken back follows from these rows alone, whichever came first.
CREATE TABLE billing_reversals (
  id text PRIMARY KEY,
  payment_intent text NOT NULL,
  currency text NOT NULL,
  amount bigint NOT NULL CHECK (amount >= 0),
  state text NOT NULL CHECK (state IN ('refunded', 'disputed', 'lost', 'won', 'dismissed')),
  -- When the event was made that said so.
  told_at timestamptz NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX billing_reversals_of_payment ON billing_reversals (payment_intent);

-- Events that were taken, so that each counts once however often Stripe delivers it.
CREATE TABLE billing_events (
  id text PRIMARY KEY,
  type text NOT NULL,
  -- kept: it became a dead letter, and may be tried again.
  outcome text NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX billing_events_by_time ON billing_events (received_at);

-- What Stripe told and could not be done, until it is done or an operator lets it be.
CREATE TABLE billing_dead_letters (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event text NOT NULL,
  type text NOT NULL,
  -- Id of the session, charge or dispute; empty where it could not be read.
  subject text NOT NULL,
  payment_intent text,
  account text,
  reason text NOT NULL,
  message text NOT NULL,
  -- The event's bytes as they came; NULL once the buyer's data was erased.
  payload bytea,
  received_at timestamptz NOT NULL DEFAULT now(),
  attempts int NOT NULL DEFAULT 1,
  tried_at timestamptz NOT NULL DEFAULT now(),
  resolved_at timestamptz,
  resolution text,
  CHECK ((resolved_at IS NULL) = (resolution IS NULL))
);
CREATE UNIQUE INDEX billing_dead_letters_open ON billing_dead_letters (event, reason) WHERE resolved_at IS NULL;
CREATE INDEX billing_dead_letters_of_subject ON billing_dead_letters (subject) WHERE resolved_at IS NULL;
CREATE INDEX billing_dead_letters_of_payment ON billing_dead_letters (payment_intent) WHERE resolved_at IS NULL;
