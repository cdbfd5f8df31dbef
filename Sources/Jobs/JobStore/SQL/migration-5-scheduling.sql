-- What a Scheduler resource says; a database has one.
CREATE TABLE schedulers (
  name text PRIMARY KEY,
  settings jsonb NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now(),
  -- Which server starts replicas, and until when no other does.
  supervisor text,
  supervised_until timestamptz
);
CREATE UNIQUE INDEX schedulers_one ON schedulers ((true));

CREATE TABLE scheduler_nodes (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text NOT NULL UNIQUE,
  -- The account that its earnings belong to.
  owner text NOT NULL,
  labels jsonb NOT NULL DEFAULT '{}',
  -- Of one GPU; 0 without.
  gpu_memory bigint NOT NULL DEFAULT 0,
  -- One number for each GPU.
  gpu_used bigint[] NOT NULL DEFAULT '{}',
  cores bigint NOT NULL,
  cores_used bigint NOT NULL DEFAULT 0 CHECK (cores_used >= 0),
  -- Jobs at once.
  slots int NOT NULL,
  slots_used int NOT NULL DEFAULT 0 CHECK (slots_used >= 0),
  memory bigint NOT NULL,
  is_rootless boolean NOT NULL DEFAULT false,
  -- Takes no new work because its manifest says so, or somebody cordoned it by hand.
  is_cordoned boolean NOT NULL DEFAULT false,
  is_held boolean NOT NULL DEFAULT false,
  -- Takes only what failed elsewhere.
  is_overflow boolean NOT NULL DEFAULT false,
  -- What it earned lately: halves with every hour since `earned_at`.
  earned_micro bigint NOT NULL DEFAULT 0,
  earned_at timestamptz NOT NULL DEFAULT now(),
  -- It left the manifests.
  retired_at timestamptz
) WITH (fillfactor = 50);

-- Apart from the nodes, so that signs of life and claims do not wait for each other.
CREATE TABLE scheduler_heartbeats (
  node bigint PRIMARY KEY,
  heard_at timestamptz NOT NULL,
  round_trip_us bigint NOT NULL DEFAULT 0,
  -- What its worker takes; NULL: everything.
  job_types text[],
  -- Digests of the images that are there.
  images text[] NOT NULL DEFAULT '{}',
  can_pull boolean NOT NULL DEFAULT false,
  -- Temperatures and the like, as the worker told them.
  report jsonb
) WITH (fillfactor = 50);

CREATE TABLE scheduler_modules (
  name text PRIMARY KEY,
  job_type text NOT NULL,
  -- Digest of the image.
  image text NOT NULL,
  developer text NOT NULL,
  gpu_memory bigint NOT NULL DEFAULT 0,
  cores bigint NOT NULL DEFAULT 0,
  memory bigint NOT NULL DEFAULT 0,
  is_rootless boolean NOT NULL DEFAULT false,
  labels jsonb NOT NULL DEFAULT '{}',
  -- Only these; empty: any.
  nodes text[] NOT NULL DEFAULT '{}',
  -- For one unit; NULL: paid by time.
  price_micro bigint,
  unit text NOT NULL DEFAULT 'job',
  retired_at timestamptz
);

CREATE TABLE jobs (
  id text COLLATE "C" PRIMARY KEY,
  account bigint NOT NULL,
  -- SHA-256 of what was asked for: a repetition must ask for the same.
  request bytea NOT NULL,
  module text NOT NULL,
  image text NOT NULL,
  developer text NOT NULL,
  -- JSON.
  input text NOT NULL,
  units bigint NOT NULL CHECK (units > 0),
  -- NULL: paid by time.
  unit_price_micro bigint,
  hold bigint NOT NULL,
  held_micro bigint NOT NULL,
  priority smallint NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'dispatched', 'running', 'succeeded', 'failed', 'cancelled')),
  -- Counts its changes, for those who wait for one.
  version bigint NOT NULL DEFAULT 1,
  attempts int NOT NULL DEFAULT 0,
  -- Where it failed.
  failed_nodes bigint[] NOT NULL DEFAULT '{}',
  is_overflow boolean NOT NULL DEFAULT false,
  cancelled_by text,
  reason text,
  output text,
  artefacts text,
  cost_micro bigint NOT NULL DEFAULT 0,
  submitted_at timestamptz NOT NULL,
  deadline_at timestamptz NOT NULL,
  finished_at timestamptz
);
CREATE INDEX jobs_of_account ON jobs (account, submitted_at);

-- What waits for a place; KEDA counts it.
CREATE TABLE pending_jobs (
  job text COLLATE "C" PRIMARY KEY,
  account bigint NOT NULL,
  module text NOT NULL,
  priority smallint NOT NULL,
  queued_at timestamptz NOT NULL,
  deadline_at timestamptz NOT NULL
);
CREATE INDEX pending_jobs_in_turn ON pending_jobs (account, module, priority DESC, queued_at, job);
CREATE INDEX pending_jobs_of_module ON pending_jobs (module, queued_at);
CREATE INDEX pending_jobs_due ON pending_jobs (deadline_at);

CREATE TABLE job_attempts (
  job text COLLATE "C" NOT NULL,
  number int NOT NULL,
  node bigint NOT NULL,
  gpu int,
  gpu_memory bigint NOT NULL,
  cores bigint NOT NULL,
  state text NOT NULL CHECK (state IN ('dispatched', 'running', 'succeeded', 'failed', 'cancelled', 'lost')),
  dispatched_at timestamptz NOT NULL,
  started_at timestamptz,
  ended_at timestamptz,
  lease_until timestamptz NOT NULL,
  -- When its deadline passes or its credits end, whichever is first.
  stop_at timestamptz NOT NULL,
  units bigint NOT NULL DEFAULT 0,
  gpu_ms bigint NOT NULL DEFAULT 0,
  cpu_ms bigint NOT NULL DEFAULT 0,
  note text,
  reason text,
  -- Why it went there: `Decision.packed`.
  decision text,
  PRIMARY KEY (job, number),
  CHECK ((ended_at IS NULL) = (state IN ('dispatched', 'running')))
);
CREATE INDEX job_attempts_open ON job_attempts (node) WHERE ended_at IS NULL;
CREATE INDEX job_attempts_due ON job_attempts (lease_until) WHERE ended_at IS NULL;

CREATE TABLE scheduler_replicas (
  name text PRIMARY KEY,
  host text NOT NULL,
  process bigint NOT NULL,
  started_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now()
);
