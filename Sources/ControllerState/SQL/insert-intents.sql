-- Records steps that are about to run.
-- $1 environment, $2..$13 one array for each column
INSERT INTO journal (
  environment, pass, resource, step, revision, action, summary, reason, risk, intent_at, fields, key_range,
  token)
SELECT $1, * FROM unnest(
  $2::text[], $3::text[], $4::int[], $5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::timestamptz[], $11::text[], $12::int[], $13::bigint[])
