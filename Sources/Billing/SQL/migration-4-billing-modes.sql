-- One row once the first event came that was of the server's mode: live and test never mix in these books.
CREATE TABLE billing_mode (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  is_live boolean NOT NULL,
  recorded_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO billing_mode (is_live) SELECT is_live FROM billing_purchases ORDER BY recorded_at LIMIT 1;

-- The session whose payment an event told to have failed.
ALTER TABLE billing_events ADD COLUMN failed_session text;
CREATE INDEX billing_events_of_failed_session ON billing_events (failed_session)
  WHERE failed_session IS NOT NULL;
DROP INDEX billing_events_by_time;

UPDATE billing_dead_letters SET payload = NULL WHERE resolved_at IS NOT NULL;
ALTER TABLE billing_dead_letters
  ADD CONSTRAINT billing_dead_letters_settled CHECK (resolved_at IS NULL OR payload IS NULL);
