-- Executes a batch of calls one after the other and returns the outcome of each, in their order.
--
-- Calls and legs are parallel arrays. A leg names its call by index; legs are in the order of their calls.
-- The batch locks all accounts that it touches in the order of their ids before it evaluates a call, and a
-- hold changes only under the lock of its account, so batches cannot deadlock. Balances are kept in variables
-- and stored once at the end.
--
-- Each name in braces stands for the file `execute-NAME.sql`. The parts are one function because parts that
-- are functions of their own would copy the arrays for every batch.
--
-- PostgreSQL cannot rename a column that an existing function returns: `place` is the index of the call.
CREATE OR REPLACE FUNCTION ledger_execute(
  call_at timestamptz, call_kinds text[], call_keys bytea[], call_digests bytea[], call_accounts text[],
  call_amounts bigint[], call_holds bigint[], call_jobs text[], call_lifetimes bigint[],
  leg_calls bigint[], leg_accounts text[], leg_amounts bigint[], leg_types text[], leg_rules bigint[]
) RETURNS TABLE (place bigint, outcome text, hold bigint, available bigint, rules bigint) LANGUAGE plpgsql
  -- Plans are made once per connection and use indexes whatever the statistics of the tables are.
  SET plan_cache_mode = force_generic_plan SET enable_seqscan = off
AS $$
DECLARE
{variables}
BEGIN
{lock_accounts}
{expire_holds}
{find_accounts}
{find_rules}
{find_recorded_calls}
{find_holds}
FOR i IN 1..calls LOOP
{answer_repeated_call}
{check_call}
{decide_call}
{post_legs}
END LOOP;
{store_holds}
{store_entries}
{store_accounts_and_calls}
{return_outcomes}
END $$;
