-- $1: ids of nodes; $2: round trips in microseconds; $3: reports as JSON; NULL keeps the last one.
INSERT INTO scheduler_heartbeats (node, heard_at, round_trip_us, report)
SELECT u.node, clock_timestamp(), u.trip, u.report::jsonb
FROM unnest($1::bigint[], $2::bigint[], $3::text[]) u (node, trip, report) ORDER BY u.node
ON CONFLICT (node) DO UPDATE SET heard_at = excluded.heard_at, round_trip_us = excluded.round_trip_us,
  report = coalesce(excluded.report, scheduler_heartbeats.report)
