-- The triggers, functions and constraints that are missing, disabled or changed: a row for each, its `name`.
-- $1 to $4: the name, table, type (`pg_trigger.tgtype`) and function of each trigger; $5, $6: the signature
-- and body of each function; $7: the definition of the overdraft constraint; $8: for each function, the
-- SHA-256 of a body of an earlier release that does the same, or an empty text.
SELECT x.name FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) x (name, guarded, type, calls)
WHERE NOT EXISTS (
  SELECT 1 FROM pg_trigger t
  WHERE t.tgrelid = to_regclass(x.guarded) AND t.tgname = x.name AND t.tgenabled = 'A' AND t.tgtype = x.type
    AND t.tgqual IS NULL AND t.tgattr = '' AND t.tgfoid = to_regprocedure(x.calls))
UNION ALL
SELECT split_part(x.signature, '(', 1)
FROM unnest($5::text[], $6::text[], $8::text[]) x (signature, body, earlier)
WHERE NOT EXISTS (
  SELECT 1 FROM pg_proc p WHERE p.oid = to_regprocedure(x.signature)
    AND (p.prosrc = x.body OR encode(sha256(convert_to(p.prosrc, 'UTF8')), 'hex') = x.earlier))
UNION ALL
SELECT 'accounts_not_overdrawn' WHERE NOT EXISTS (
  SELECT 1 FROM pg_constraint c
  WHERE c.conrelid = to_regclass('accounts') AND c.conname = 'accounts_not_overdrawn' AND c.convalidated
    AND pg_get_constraintdef(c.oid) = $7)
