DROP TABLE pending_changes;
CREATE TABLE pending_removals (
  environment text NOT NULL,
  resource text NOT NULL,
  resource_digest text NOT NULL,
  loses_data boolean NOT NULL,
  since timestamptz NOT NULL,
  due_at timestamptz NOT NULL,
  PRIMARY KEY (environment, resource)
);
-- The digest of the manifests that the revision precedes, because it keeps resources that they no longer
-- declare. NULL for a revision that is what the manifests declared.
ALTER TABLE revisions ADD COLUMN interim_for text;
