-- The number of transactions that began before $1 and are still open, and whether $1 has passed by the
-- database's clock.
SELECT count(*) AS open, clock_timestamp() >= $1 AS has_passed FROM pg_stat_activity
WHERE datname = current_database() AND xact_start < $1 AND pid <> pg_backend_pid()
  AND backend_type = 'client backend'
