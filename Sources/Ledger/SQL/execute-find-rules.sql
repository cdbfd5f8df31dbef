-- Sets `rules_in_force`, the arrays of tiers, and for each leg with rules `first_tiers`, `last_tiers` and
-- `platforms`: NULL where no such version or account exists.
SELECT max(r.version) INTO rules_in_force FROM ledger_rules r WHERE r.effective_from <= at;

WITH tiers AS (
  SELECT r.version, t.until, t.rate, row_number() OVER (ORDER BY r.version, t.number) AS tier
  FROM ledger_rules r
  CROSS JOIN unnest(r.tier_untils, r.tier_shares) WITH ORDINALITY t (until, rate, number)
  WHERE r.version = ANY (leg_rules)
), spans AS (
  SELECT version, min(tier) AS first, max(tier) AS last FROM tiers GROUP BY version
)
SELECT (SELECT array_agg(until ORDER BY tier) FROM tiers), (SELECT array_agg(rate ORDER BY tier) FROM tiers),
  array_agg(s.first ORDER BY l.index), array_agg(s.last ORDER BY l.index), array_agg(n.index ORDER BY l.index)
INTO tier_ends, tier_rates, first_tiers, last_tiers, platforms
FROM unnest(leg_rules) WITH ORDINALITY l (version, index)
LEFT JOIN spans s ON s.version = l.version
LEFT JOIN ledger_rules r ON r.version = l.version
LEFT JOIN unnest(names) WITH ORDINALITY n (name, index) ON n.name = r.platform;
