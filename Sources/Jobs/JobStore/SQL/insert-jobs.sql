INSERT INTO jobs (id, account, request, module, image, developer, input, units, unit_price_micro, hold,
  held_micro, priority, state, attempts, submitted_at, deadline_at)
SELECT u.id, {account_id}, u.request, u.module, u.image, u.developer, u.input, u.units, u.price, u.hold,
  u.held, u.priority, u.state, (u.state = 'dispatched')::int, $1::timestamptz, u.deadline
FROM unnest($2::text[], $3::text[], $4::bytea[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[],
    $10::bigint[], $11::bigint[], $12::bigint[], $13::smallint[], $14::text[], $15::timestamptz[])
  u (id, account, request, module, image, developer, input, units, price, hold, held, priority, state,
    deadline)
