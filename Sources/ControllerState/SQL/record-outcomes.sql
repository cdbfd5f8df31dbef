-- Records the outcomes of steps.
-- $1 environment, $2..$4 the steps, $5..$8 one array for each column
UPDATE journal SET outcome = given.outcome, outcome_at = given.at, error = given.error, effect = given.effect
FROM unnest($2::text[], $3::text[], $4::int[], $5::text[], $6::timestamptz[], $7::text[], $8::text[])
  AS given (pass, resource, step, outcome, at, error, effect)
WHERE journal.environment = $1 AND journal.pass = given.pass AND journal.resource = given.resource
  AND journal.step = given.step
