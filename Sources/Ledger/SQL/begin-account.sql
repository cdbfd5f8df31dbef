-- The trigger function of new accounts: the hash chain of an account begins with its kind, so that a change
-- of the kind is detected.
CREATE OR REPLACE FUNCTION ledger_begin_account() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.head := sha256(convert_to(NEW.kind, 'UTF8'));
  RETURN NEW;
END $$;
