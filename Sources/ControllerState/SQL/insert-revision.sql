-- Records a revision.
INSERT INTO revisions
  (environment, number, manifest_digest, allows_mock_gpus, created_at, actor, commit, message, interim_for)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
