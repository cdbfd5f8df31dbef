-- Records a version of the rules; a version that is recorded stays as it is. $1: the version; $2: the
-- platform account; $3: the ends of the tiers, NULL for the last; $4: their shares in parts per million; $5,
-- $6: the payout per GPU minute and CPU minute; $7: the time from which it is in force, NULL for now.
INSERT INTO ledger_rules (
  version, platform, tier_untils, tier_shares, gpu_minute_micro, cpu_minute_micro, effective_from, hash)
SELECT r.*, {hash}
FROM (
  SELECT $1::bigint AS version, $2::text AS platform, $3::bigint[] AS tier_untils,
    $4::bigint[] AS tier_shares, $5::bigint AS gpu_minute_micro, $6::bigint AS cpu_minute_micro,
    coalesce($7::timestamptz, now()) AS effective_from
) r ON CONFLICT (version) DO NOTHING
