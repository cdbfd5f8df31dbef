-- What belongs to which resource. A thing has one holder over all environments of the state.
CREATE TABLE claims (
  key text PRIMARY KEY,
  role text NOT NULL,
  environment text NOT NULL,
  resource text NOT NULL,
  holds_data boolean NOT NULL,
  -- When the removal of the resource began. NULL while it stays.
  leaving_since timestamptz,
  since timestamptz NOT NULL
);
CREATE INDEX claims_of_resource ON claims (environment, resource);
-- The environment in the names and marks of things. Stays when the environment is renamed.
CREATE TABLE environment_marks (
  environment text PRIMARY KEY,
  mark text NOT NULL UNIQUE
);
-- Environments that are not listed although they have revisions, until they get a newer one.
CREATE TABLE forgotten_environments (
  environment text PRIMARY KEY,
  newest_revision bigint NOT NULL,
  at timestamptz NOT NULL,
  actor text NOT NULL
);
-- `is_owning` is false until the owners of what earlier versions created are recorded. `claims_version`
-- changes with every change of `claims` and `environment_marks`, in the last statement of the transaction
-- that takes a lock which others need.
ALTER TABLE controller_identity
  ADD COLUMN is_owning boolean NOT NULL DEFAULT false,
  ADD COLUMN claims_version bigint NOT NULL DEFAULT 0;
