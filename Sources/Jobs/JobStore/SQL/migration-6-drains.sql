-- The places that get no new attempts: the containers of a module with one image on a node. A row is written
-- before the containers are removed, and stays until containers of the image may work there again.
CREATE TABLE scheduler_drains (
  module text NOT NULL,
  node text NOT NULL,
  -- Digest.
  image text NOT NULL,
  reason text NOT NULL,
  -- Attempts that run there then are preempted.
  until_at timestamptz NOT NULL,
  PRIMARY KEY (module, node, image)
);

ALTER TABLE job_attempts DROP CONSTRAINT job_attempts_state_check;
ALTER TABLE job_attempts ADD CONSTRAINT job_attempts_state_check
  CHECK (state IN ('dispatched', 'running', 'succeeded', 'failed', 'cancelled', 'lost', 'preempted'));

-- What the platform pays for the work of a preempted attempt, and the outcome of that: `done`, or the reason
-- why the ledger refused it.
ALTER TABLE job_attempts ADD COLUMN pay_micro bigint NOT NULL DEFAULT 0;
ALTER TABLE job_attempts ADD COLUMN pay_outcome text;
CREATE INDEX job_attempts_unpaid ON job_attempts (job, number) WHERE pay_micro > 0 AND pay_outcome IS NULL;
