-- The settings and the progress of the server's WAL archive. A segment's status file is renamed from `.ready`
-- to `.done` once the segment is archived, and keeps the time at which the segment was closed.
WITH marks AS (SELECT name, modification FROM pg_ls_archive_statusdir())
SELECT clock_timestamp() AS now,
  current_setting('archive_mode') <> 'off' AS is_on,
  current_setting('archive_command') AS command,
  (SELECT setting::bigint FROM pg_settings WHERE name = 'archive_timeout') AS timeout,
  a.last_archived_time AS archived,
  a.last_failed_time AS failed,
  (SELECT modification FROM marks WHERE name = a.last_archived_wal || '.done') AS closed,
  (SELECT min(modification) FROM marks WHERE name LIKE '%.ready') AS waiting,
  ((pg_current_wal_insert_lsn() - '0/0'::pg_lsn)
    % (SELECT setting::numeric FROM pg_settings WHERE name = 'wal_segment_size'))::bigint AS tail
FROM pg_stat_archiver a
