CREATE TABLE pending_changes (
  environment text PRIMARY KEY,
  manifest_digest text NOT NULL,
  removals text[] NOT NULL,
  loses_data boolean NOT NULL,
  since timestamptz NOT NULL,
  due_at timestamptz NOT NULL
);
