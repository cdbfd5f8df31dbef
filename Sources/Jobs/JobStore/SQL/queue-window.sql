-- The next jobs of the queue, in turn: the first job of each account, then the second of each, and so on.
-- Among the jobs of one account the greater priority comes first, then the older job. An account with many
-- jobs takes no turn from one with few. Walks the index from one account and module to the next, so that
-- its cost does not grow with the queue. $1: the maximum number of jobs, and of accounts and modules; $2,
-- $3: the account and module that the window begins after; $4: the account of the last turn; the accounts
-- behind it come first.
WITH RECURSIVE queues (account, module, number) AS (
  (SELECT account, module, 1 FROM pending_jobs WHERE (account, module) > ($2::bigint, $3::text)
  ORDER BY account, module LIMIT 1)
  UNION ALL
  SELECT n.account, n.module, q.number + 1 FROM queues q CROSS JOIN LATERAL (
    SELECT p.account, p.module FROM pending_jobs p WHERE (p.account, p.module) > (q.account, q.module)
    ORDER BY p.account, p.module LIMIT 1
  ) n WHERE q.number < $1
), size AS (
  SELECT count(*) AS queues, greatest(4, least(256, 1024 / greatest(count(*), 1))) AS depth FROM queues
), last AS (
  SELECT account, module FROM queues ORDER BY number DESC LIMIT 1
), heads AS (
  SELECT h.*, row_number() OVER (PARTITION BY h.account ORDER BY h.priority DESC, h.queued_at, h.job) AS turn
  FROM queues q CROSS JOIN LATERAL (
    SELECT * FROM pending_jobs p WHERE p.account = q.account AND p.module = q.module
    ORDER BY p.priority DESC, p.queued_at, p.job LIMIT (SELECT depth FROM size)
  ) h
)
SELECT h.job, h.module, h.account, j.is_overflow, j.failed_nodes, j.held_micro, j.deadline_at, size.depth,
  size.queues, last.account AS last_account, last.module AS last_module
FROM (SELECT * FROM heads ORDER BY turn, account <= $4, account LIMIT $1) h JOIN jobs j ON j.id = h.job
  CROSS JOIN size CROSS JOIN last
ORDER BY h.turn, h.account <= $4, h.account
