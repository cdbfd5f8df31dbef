CREATE TABLE controller_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  owner text NOT NULL
);
CREATE TABLE revisions (
  environment text NOT NULL,
  number bigint NOT NULL CHECK (number > 0),
  manifest_digest text NOT NULL,
  allows_mock_gpus boolean NOT NULL,
  created_at timestamptz NOT NULL,
  actor text NOT NULL,
  commit text,
  message text NOT NULL,
  PRIMARY KEY (environment, number)
);
CREATE TABLE revision_entries (
  environment text NOT NULL,
  resource text NOT NULL,
  revision bigint NOT NULL,
  digest text,
  mode text,
  document text,
  PRIMARY KEY (environment, resource, revision)
);
CREATE TABLE inventory (
  environment text NOT NULL,
  resource text NOT NULL,
  document_digest text NOT NULL,
  applied_digest text,
  document text NOT NULL,
  revision bigint NOT NULL,
  PRIMARY KEY (environment, resource)
);
CREATE TABLE resource_status (
  environment text NOT NULL,
  resource text NOT NULL,
  revision bigint NOT NULL,
  mode text NOT NULL,
  failures int NOT NULL,
  next_attempt timestamptz,
  conditions text NOT NULL,
  PRIMARY KEY (environment, resource)
);
CREATE TABLE journal (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  environment text NOT NULL,
  pass text NOT NULL,
  resource text NOT NULL,
  step int NOT NULL,
  revision bigint NOT NULL,
  action text NOT NULL,
  summary text NOT NULL,
  reason text NOT NULL,
  risk text NOT NULL,
  intent_at timestamptz NOT NULL,
  outcome text CHECK (outcome IN ('done', 'failed', 'interrupted')),
  outcome_at timestamptz,
  error text,
  UNIQUE (environment, pass, resource, step)
);
CREATE INDEX journal_open ON journal (environment) WHERE outcome IS NULL;
CREATE INDEX journal_resource ON journal (environment, resource, sequence DESC);
CREATE TABLE events (
  sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  environment text NOT NULL,
  resource text,
  at timestamptz NOT NULL,
  is_warning boolean NOT NULL,
  reason text NOT NULL,
  message text NOT NULL,
  revision bigint NOT NULL
);
CREATE INDEX events_environment ON events (environment, sequence DESC);
CREATE INDEX events_resource ON events (environment, resource, sequence DESC);
