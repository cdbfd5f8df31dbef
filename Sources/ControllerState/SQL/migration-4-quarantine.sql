CREATE TABLE quarantine (
  environment text NOT NULL,
  manifest_digest text NOT NULL,
  revision bigint NOT NULL,
  reason text NOT NULL,
  actor text NOT NULL,
  at timestamptz NOT NULL,
  lifted_at timestamptz,
  lifted_by text,
  PRIMARY KEY (environment, manifest_digest)
);
CREATE TABLE atomic_applies (
  environment text PRIMARY KEY,
  manifest_digest text NOT NULL,
  goes_back_to bigint NOT NULL,
  actor text NOT NULL,
  alive_until timestamptz NOT NULL
);
ALTER TABLE journal DROP CONSTRAINT journal_outcome_check;
ALTER TABLE journal ADD CONSTRAINT journal_outcome_check
  CHECK (outcome IN ('done', 'failed', 'interrupted', 'superseded'));
