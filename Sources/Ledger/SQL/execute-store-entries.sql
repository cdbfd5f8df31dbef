-- Stores the new entries.
IF entry_count > 0 THEN
  INSERT INTO ledger_entries (id, debit_account, credit_account, debit_number, credit_number,
    debit_balance_micro, credit_balance_micro, debit_hash, credit_hash, amount_micro, type, job, hold,
    gross_micro, recorded_at)
  SELECT n.*, at FROM unnest(entry_ids, entry_debits, entry_credits, entry_debit_numbers,
    entry_credit_numbers, entry_debit_balances, entry_credit_balances, entry_debit_hashes,
    entry_credit_hashes, entry_amounts, entry_types, entry_jobs, entry_holds, entry_grosses) n;
END IF;
