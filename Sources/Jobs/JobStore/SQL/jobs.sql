-- Jobs, newest first, without what may be long. A NULL parameter does not restrict. $1: name of the
-- account; $2: state; $3: module; $4: only jobs that were submitted before the one with this id; $5: the
-- maximum number.
SELECT {job_columns}, 'null' AS input, NULL AS output, NULL AS artefacts FROM jobs j
WHERE ($1::text IS NULL OR j.account = {account_id}) AND ($2::text IS NULL OR j.state = $2)
  AND ($3::text IS NULL OR j.module = $3)
  AND ($4::text IS NULL OR (j.submitted_at, j.id) < (SELECT b.submitted_at, b.id FROM jobs b WHERE b.id = $4))
ORDER BY j.submitted_at DESC, j.id DESC LIMIT $5
