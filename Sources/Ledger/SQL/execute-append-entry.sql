-- Appends the entry of `amount` from `payer` to `payee` to the chains of both: a hash covers the account's
-- hash before it and the fields of the entry as the account sees them. Reads `entry_type`, `gross` and
-- `job_name`.
entry_id := nextval('ledger_entry_ids');
shared_fields := int8send(gross) || int8send(coalesce(result_holds[i], 0)) || time_field
  || int4send(octet_length(entry_type)) || convert_to(entry_type, 'UTF8') || convert_to(job_name, 'UTF8');
payer_balance := payer_balance - amount;
payer_number := payer_number + 1;
payer_head := sha256(payer_head || int8send(entry_id) || int8send(payer_number) || int8send(ids[payee])
  || int8send(-amount) || int8send(payer_balance) || shared_fields);
payee_balance := balances[payee] + amount;
payee_number := numbers[payee] + 1;
payee_head := sha256(heads[payee] || int8send(entry_id) || int8send(payee_number) || int8send(ids[payer])
  || int8send(amount) || int8send(payee_balance) || shared_fields);
balances[payee] := payee_balance;
numbers[payee] := payee_number;
heads[payee] := payee_head;
account_changed[payee] := true;
entry_count := entry_count + 1;
entry_ids[entry_count] := entry_id;
entry_debits[entry_count] := ids[payer];
entry_credits[entry_count] := ids[payee];
entry_debit_numbers[entry_count] := payer_number;
entry_credit_numbers[entry_count] := payee_number;
entry_debit_balances[entry_count] := payer_balance;
entry_credit_balances[entry_count] := payee_balance;
entry_debit_hashes[entry_count] := payer_head;
entry_credit_hashes[entry_count] := payee_head;
entry_amounts[entry_count] := amount;
entry_types[entry_count] := entry_type;
entry_jobs[entry_count] := job_name;
entry_holds[entry_count] := result_holds[i];
entry_grosses[entry_count] := gross;
