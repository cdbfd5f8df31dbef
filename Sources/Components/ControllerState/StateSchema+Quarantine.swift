extension StateSchema {
  /// Number 4: what is not applied again by itself, revisions that go back when they fail, and steps that were given
  /// up. A row of `quarantine` without `lifted_at` is in force; a digest may be quarantined again after that.
  package static let quarantine = """
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
    ALTER TABLE revisions ADD COLUMN goes_back_to bigint;
    ALTER TABLE journal DROP CONSTRAINT journal_outcome_check;
    ALTER TABLE journal ADD CONSTRAINT journal_outcome_check
      CHECK (outcome IN ('done', 'failed', 'interrupted', 'superseded'));
    """
}
