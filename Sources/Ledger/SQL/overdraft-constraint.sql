-- Adds the constraint {check} to accounts, in place of another of its name.
DO $$ BEGIN
  IF NOT EXISTS (
    SELECT 1 FROM pg_constraint WHERE conrelid = 'accounts'::regclass AND conname = 'accounts_not_overdrawn'
      AND convalidated AND pg_get_constraintdef(oid) = $check${check}$check$)
  THEN
    ALTER TABLE accounts DROP CONSTRAINT IF EXISTS accounts_not_overdrawn;
    ALTER TABLE accounts ADD CONSTRAINT accounts_not_overdrawn {check};
  END IF;
END $$;
