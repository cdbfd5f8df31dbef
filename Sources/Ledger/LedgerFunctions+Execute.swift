extension LedgerFunctions {
  /// `ledger_execute`: parallel arrays of calls, and of legs (who is given how much) that name their call by its place.
  /// Legs stand in the order of their calls.
  static let execute = Function(
    signature:
      "ledger_execute(timestamptz, text[], bytea[], bytea[], text[], bigint[], bigint[], text[], bigint[], "
      + "bigint[], text[], bigint[], text[], bigint[])",
    sql: """
      CREATE OR REPLACE FUNCTION ledger_execute(
        call_at timestamptz, call_kinds text[], call_keys bytea[], call_digests bytea[], call_accounts text[],
        call_amounts bigint[], call_holds bigint[], call_jobs text[], call_lifetimes bigint[],
        leg_calls bigint[], leg_accounts text[], leg_amounts bigint[], leg_types text[],
        leg_rules bigint[]
      ) RETURNS TABLE (place bigint, outcome text, hold bigint, available bigint, rules bigint) LANGUAGE plpgsql
        -- Plans are made once for each connection, and lead through indexes whatever the tables' statistics say.
        SET plan_cache_mode = force_generic_plan SET enable_seqscan = off AS $$
      DECLARE
        greatest_amount CONSTANT bigint := 1000000000000000;
        greatest_balance CONSTANT bigint := 9000000000000000000;
        -- A leap year, in seconds.
        longest_hold CONSTANT bigint := 31622400;
        at timestamptz;
        calls CONSTANT int := coalesce(array_length(call_kinds, 1), 0);
        -- Accounts, by index.
        ids bigint[]; names text[]; sources boolean[]; balances bigint[]; held bigint[]; numbers bigint[]; heads bytea[];
        grosses bigint[]; changed boolean[];
        -- Calls: their account, the first call of the same key, the one of that key that was decided, what was recorded of them before, their hold, their legs.
        mine int[]; firsts int[]; decided int[]; known_digests bytea[]; known_outcomes text[]; known_holds bigint[];
        hold_at int[]; first_legs int[]; last_legs int[];
        -- Legs: their account; of a share the account that gets the rest, and the rule's tiers as their places in
        -- `untils` and `shares`.
        theirs int[]; rests int[]; first_tiers int[]; last_tiers int[]; untils bigint[]; shares bigint[];
        -- Holds, by index.
        hold_ids bigint[]; hold_owners bigint[]; hold_amounts bigint[]; hold_captures bigint[]; hold_states text[];
        hold_rules bigint[]; hold_jobs text[]; hold_changed boolean[]; in_force bigint; opened boolean := false;
        -- Results.
        outcomes text[]; result_holds bigint[]; fresh boolean[];
        -- Entries.
        e_ids bigint[] := '{}'; e_debits bigint[] := '{}'; e_credits bigint[] := '{}'; e_debit_numbers bigint[] := '{}';
        e_credit_numbers bigint[] := '{}'; e_debit_balances bigint[] := '{}'; e_credit_balances bigint[] := '{}';
        e_debit_hashes bytea[] := '{}'; e_credit_hashes bytea[] := '{}'; e_amounts bigint[] := '{}'; e_types text[] := '{}';
        e_jobs text[] := '{}'; e_holds bigint[] := '{}'; e_grosses bigint[] := '{}'; e_count int := 0;
        -- Parts of a leg: what of it lies in a tier, the account's share of that and the platform's.
        remaining bigint; reached bigint; part bigint; share bigint; rest bigint; amount bigint; gross bigint; type text;
        -- The account that pays, and one that gets, while entries are made.
        my_balance bigint; my_number bigint; my_head bytea; their_balance bigint; their_number bigint; their_head bytea;
        -- What both hashes of an entry cover alike, and the time in it.
        alike bytea; stamp bytea;
        a int; b int; h int; verdict text; total numeric; id bigint; this_job text;
      BEGIN
        SELECT array_agg(l.id), array_agg(l.name), array_agg(l.kind = 'stripe_clearing'), array_agg(l.balance_micro),
          array_agg(l.held_micro), array_agg(l.entries), array_agg(l.head), array_agg(l.gross_micro)
        INTO ids, names, sources, balances, held, numbers, heads, grosses
        FROM (
          SELECT * FROM accounts
          WHERE name = ANY (
            call_accounts || leg_accounts || ARRAY (SELECT platform FROM ledger_rules WHERE version = ANY (leg_rules)))
          ORDER BY accounts.id FOR NO KEY UPDATE
        ) l;
        -- Taken under the locks, so that an account's entries stand in the order of their times.
        at := coalesce(call_at, clock_timestamp());
        stamp := int8send((extract(epoch FROM at) * 1000000)::bigint);
        -- Whoever is here has first what their holds reserve no longer.
        IF EXISTS (SELECT 1 FROM holds o WHERE o.state = 'open' AND o.expires_at <= at) THEN
          WITH gone AS (
            UPDATE holds o SET state = 'expired', closed_at = at
            WHERE o.account = ANY (ids) AND o.state = 'open' AND o.expires_at <= at RETURNING o.account, o.amount_micro
          )
          SELECT array_agg(n.held - coalesce(g.amount, 0) ORDER BY n.place) INTO held
          FROM unnest(ids, held) WITH ORDINALITY n (id, held, place)
          LEFT JOIN (SELECT account, sum(amount_micro)::bigint AS amount FROM gone GROUP BY account) g ON g.account = n.id;
          changed := array_fill(true, ARRAY[coalesce(array_length(ids, 1), 0)]);
        END IF;
        SELECT max(r.version) INTO in_force FROM ledger_rules r WHERE r.effective_from <= at;

        SELECT array_agg(n.place ORDER BY c.place) INTO mine
        FROM unnest(call_accounts) WITH ORDINALITY c (name, place)
        LEFT JOIN unnest(names) WITH ORDINALITY n (name, place) ON n.name = c.name;
        SELECT array_agg(n.place ORDER BY l.place) INTO theirs
        FROM unnest(leg_accounts) WITH ORDINALITY l (name, place)
        LEFT JOIN unnest(names) WITH ORDINALITY n (name, place) ON n.name = l.name;
        WITH tiers AS (
          SELECT r.version, t.until, t.share, row_number() OVER (ORDER BY r.version, t.number) AS tier
          FROM ledger_rules r
          CROSS JOIN unnest(r.tier_untils, r.tier_shares) WITH ORDINALITY t (until, share, number)
          WHERE r.version = ANY (leg_rules)
        ), spans AS (
          SELECT version, min(tier) AS first, max(tier) AS last FROM tiers GROUP BY version
        )
        SELECT (SELECT array_agg(until ORDER BY tier) FROM tiers), (SELECT array_agg(tiers.share ORDER BY tier) FROM tiers),
          array_agg(s.first ORDER BY l.place), array_agg(s.last ORDER BY l.place), array_agg(n.place ORDER BY l.place)
        INTO untils, shares, first_tiers, last_tiers, rests
        FROM unnest(leg_rules) WITH ORDINALITY l (version, place)
        LEFT JOIN spans s ON s.version = l.version
        LEFT JOIN ledger_rules r ON r.version = l.version
        LEFT JOIN unnest(names) WITH ORDINALITY n (name, place) ON n.name = r.platform;
        SELECT array_agg(k.first ORDER BY k.place), array_agg(c.digest ORDER BY k.place),
          array_agg(c.outcome ORDER BY k.place), array_agg(c.hold ORDER BY k.place)
        INTO firsts, known_digests, known_outcomes, known_holds
        FROM (
          SELECT u.key, ids[u.mine] AS account, u.place, min(u.place) OVER (PARTITION BY u.mine, u.key) AS first
          FROM unnest(call_keys, mine) WITH ORDINALITY u (key, mine, place)
        ) k
        LEFT JOIN LATERAL (
          SELECT l.digest, l.outcome, l.hold FROM ledger_calls l WHERE l.account = k.account AND l.key = k.key LIMIT 1
        ) c ON true;
        SELECT array_agg(s.first ORDER BY s.place), array_agg(s.last ORDER BY s.place) INTO first_legs, last_legs
        FROM (
          SELECT p AS place, min(l.place) AS first, max(l.place) AS last
          FROM generate_series(1, calls) p
          LEFT JOIN unnest(leg_calls) WITH ORDINALITY l (call, place) ON l.call = p GROUP BY p
        ) s;

        SELECT array_agg(o.id ORDER BY o.id), array_agg(o.account ORDER BY o.id), array_agg(o.amount_micro ORDER BY o.id),
          array_agg(0::bigint ORDER BY o.id), array_agg(o.state ORDER BY o.id), array_agg(o.job ORDER BY o.id),
          array_agg(o.rules ORDER BY o.id), array_agg(false ORDER BY o.id)
        INTO hold_ids, hold_owners, hold_amounts, hold_captures, hold_states, hold_jobs, hold_rules, hold_changed
        FROM holds o WHERE o.id = ANY (call_holds) AND o.account = ANY (ids);
        SELECT array_agg(n.place ORDER BY c.place) INTO hold_at
        FROM unnest(call_holds) WITH ORDINALITY c (id, place)
        LEFT JOIN unnest(hold_ids) WITH ORDINALITY n (id, place) ON n.id = c.id;

        outcomes := array_fill(NULL::text, ARRAY[calls]);
        result_holds := array_fill(NULL::bigint, ARRAY[calls]);
        fresh := array_fill(false, ARRAY[calls]);
        decided := array_fill(NULL::int, ARRAY[calls]);
        changed := coalesce(changed, array_fill(false, ARRAY[coalesce(array_length(ids, 1), 0)]));
        FOR i IN 1..calls LOOP
          a := mine[i];
          h := hold_at[i];
          IF a IS NULL THEN
            outcomes[i] := 'unknown_account';
            CONTINUE;
          ELSIF known_digests[i] IS NOT NULL THEN
            IF known_digests[i] = call_digests[i] THEN
              outcomes[i] := known_outcomes[i];
              result_holds[i] := known_holds[i];
            ELSE
              outcomes[i] := 'key_reused';
            END IF;
            CONTINUE;
          ELSIF decided[firsts[i]] IS NOT NULL THEN
            IF call_digests[decided[firsts[i]]] = call_digests[i] THEN
              outcomes[i] := outcomes[decided[firsts[i]]];
              result_holds[i] := result_holds[decided[firsts[i]]];
            ELSE
              outcomes[i] := 'key_reused';
            END IF;
            CONTINUE;
          END IF;

          -- What is asked for must make sense by itself.
          verdict := NULL;
          total := 0;
          IF first_legs[i] IS NOT NULL THEN
            FOR l IN first_legs[i]..last_legs[i] LOOP
              b := theirs[l];
              IF b IS NULL THEN verdict := 'unknown_payee';
              ELSIF b = a AND (leg_rules[l] IS NULL OR call_kinds[i] <> 'capture') THEN verdict := 'self_transfer';
              ELSIF h IS NOT NULL AND leg_rules[l] IS NOT NULL AND leg_rules[l] IS DISTINCT FROM hold_rules[h] THEN
                verdict := 'other_rules';
              ELSIF leg_rules[l] IS NOT NULL AND first_tiers[l] IS NULL THEN verdict := 'unknown_rules';
              ELSIF leg_rules[l] IS NOT NULL AND rests[l] IS NULL THEN verdict := 'unknown_payee';
              ELSIF leg_amounts[l] IS NULL OR leg_amounts[l] <= 0 OR leg_amounts[l] > greatest_amount
                OR balances[b] > greatest_balance THEN verdict := 'invalid_amount';
              END IF;
              total := total + coalesce(leg_amounts[l], 0);
            END LOOP;
          END IF;
          IF call_kinds[i] = 'hold' THEN
            total := coalesce(call_amounts[i], 0);
            IF total <= 0 OR call_lifetimes[i] IS NULL OR call_lifetimes[i] NOT BETWEEN 1 AND longest_hold THEN
              verdict := 'invalid_amount';
            END IF;
          ELSIF call_kinds[i] = 'transfer' THEN
            IF total <= 0 THEN verdict := coalesce(verdict, 'invalid_amount'); END IF;
          ELSIF h IS NULL OR hold_owners[h] <> ids[a] THEN
            verdict := 'unknown_hold';
          END IF;
          IF total > greatest_amount OR balances[a] < -greatest_balance THEN verdict := coalesce(verdict, 'invalid_amount');
          END IF;
          IF verdict IS NOT NULL THEN
            outcomes[i] := verdict;
            CONTINUE;
          END IF;

          -- Then it is decided, and what was decided stays so for this key.
          this_job := call_jobs[i];
          IF call_kinds[i] = 'hold' THEN
            IF NOT sources[a] AND balances[a] - held[a] < total THEN
              verdict := 'insufficient_credit';
            ELSE
              verdict := 'done';
              held[a] := held[a] + total::bigint;
              changed[a] := true;
              result_holds[i] := nextval('hold_ids');
              opened := true;
            END IF;
          ELSIF call_kinds[i] = 'transfer' THEN
            verdict := CASE WHEN NOT sources[a] AND balances[a] - held[a] < total THEN 'insufficient_credit' ELSE 'done' END;
          ELSE
            result_holds[i] := hold_ids[h];
            this_job := hold_jobs[h];
            IF hold_states[h] = 'expired' THEN verdict := 'hold_expired';
            ELSIF hold_states[h] <> 'open' THEN verdict := 'hold_closed';
            ELSIF total > hold_amounts[h] THEN verdict := 'exceeds_hold';
            ELSE
              verdict := 'done';
              held[a] := held[a] - hold_amounts[h];
              changed[a] := true;
              hold_states[h] := CASE call_kinds[i] WHEN 'capture' THEN 'captured' ELSE 'voided' END;
              hold_captures[h] := total::bigint;
              hold_changed[h] := true;
            END IF;
          END IF;
          outcomes[i] := verdict;
          fresh[i] := true;
          decided[firsts[i]] := i;
          IF verdict <> 'done' OR first_legs[i] IS NULL THEN CONTINUE; END IF;

          my_balance := balances[a];
          my_number := numbers[a];
          my_head := heads[a];
          FOR l IN first_legs[i]..last_legs[i] LOOP
            b := theirs[l];
            remaining := leg_amounts[l];
            reached := grosses[b];
            FOR t IN coalesce(first_tiers[l], 0)..coalesce(last_tiers[l], 0) LOOP
              IF t = 0 THEN
                part := remaining; share := remaining; rest := 0; gross := 0;
              ELSE
                -- Each tier takes what fits between the lifetime gross so far and its end; the share is rounded down, and
                -- the platform gets the rest, so the parts come to the whole. Whoever uses their own module keeps their
                -- share and pays the platform's.
                part := CASE WHEN untils[t] IS NULL THEN remaining
                  ELSE least(remaining, greatest(untils[t] - reached, 0)) END;
                CONTINUE WHEN part = 0;
                share := part / 1000000 * shares[t] + part % 1000000 * shares[t] / 1000000;
                rest := part - share;
                gross := part;
                reached := reached + part;
                IF share > 0 AND b <> a THEN grosses[b] := grosses[b] + gross; END IF;
              END IF;
              FOR side IN 1..2 LOOP
                IF side = 1 THEN
                  amount := share; type := leg_types[l];
                ELSE
                  amount := rest; type := 'commission'; gross := 0;
                END IF;
                b := CASE side WHEN 1 THEN theirs[l] ELSE rests[l] END;
                -- Whoever pays keeps what would come back to them.
                CONTINUE WHEN amount = 0 OR b = a;
                id := nextval('ledger_entry_ids');
                alike := int8send(gross) || int8send(coalesce(result_holds[i], 0)) || stamp || int4send(octet_length(type)) || convert_to(type, 'UTF8')
                  || convert_to(this_job, 'UTF8');
                my_balance := my_balance - amount;
                my_number := my_number + 1;
                my_head := sha256(my_head || int8send(id) || int8send(my_number) || int8send(ids[b]) || int8send(-amount)
                  || int8send(my_balance) || alike);
                their_balance := balances[b] + amount;
                their_number := numbers[b] + 1;
                their_head := sha256(heads[b] || int8send(id) || int8send(their_number) || int8send(ids[a])
                  || int8send(amount) || int8send(their_balance) || alike);
                balances[b] := their_balance; numbers[b] := their_number; heads[b] := their_head; changed[b] := true;
                e_count := e_count + 1;
                e_ids[e_count] := id; e_debits[e_count] := ids[a]; e_credits[e_count] := ids[b];
                e_debit_numbers[e_count] := my_number; e_credit_numbers[e_count] := their_number;
                e_debit_balances[e_count] := my_balance; e_credit_balances[e_count] := their_balance;
                e_debit_hashes[e_count] := my_head; e_credit_hashes[e_count] := their_head;
                e_amounts[e_count] := amount; e_types[e_count] := type; e_jobs[e_count] := this_job;
                e_holds[e_count] := result_holds[i]; e_grosses[e_count] := gross;
              END LOOP;
              b := theirs[l];
              remaining := remaining - part;
              EXIT WHEN remaining = 0;
            END LOOP;
          END LOOP;
          balances[a] := my_balance; numbers[a] := my_number; heads[a] := my_head; changed[a] := true;
        END LOOP;

        -- Only what there is to write is written.
        IF opened THEN
          INSERT INTO holds (id, account, amount_micro, job, opened_at, expires_at, rules)
          SELECT n.hold, ids[n.mine], n.amount, n.job, at, at + n.lifetime * interval '1 second', in_force
          FROM unnest(call_kinds, result_holds, mine, call_amounts, call_jobs, call_lifetimes, fresh)
            n (kind, hold, mine, amount, job, lifetime, is_fresh)
          WHERE n.kind = 'hold' AND n.is_fresh AND n.hold IS NOT NULL;
        END IF;
        IF true = ANY (hold_changed) THEN
          UPDATE holds o SET closed_at = at, (state, captured_micro) = (
            SELECT hold_states[n.place], hold_captures[n.place] FROM (SELECT array_position(hold_ids, o.id) AS place) n)
          WHERE o.id = ANY (hold_ids) AND hold_changed[array_position(hold_ids, o.id)];
        END IF;
        IF e_count > 0 THEN
          INSERT INTO ledger_entries (id, debit_account, credit_account, debit_number, credit_number, debit_balance_micro,
            credit_balance_micro, debit_hash, credit_hash, amount_micro, type, job, hold, gross_micro, recorded_at)
          SELECT n.*, at FROM unnest(e_ids, e_debits, e_credits, e_debit_numbers, e_credit_numbers, e_debit_balances,
            e_credit_balances, e_debit_hashes, e_credit_hashes, e_amounts, e_types, e_jobs, e_holds, e_grosses) n;
        END IF;
        UPDATE accounts o SET (balance_micro, held_micro, entries, head, gross_micro) = (
          SELECT balances[n.place], held[n.place], numbers[n.place], heads[n.place], grosses[n.place]
          FROM (SELECT array_position(ids, o.id) AS place) n)
        WHERE o.id = ANY (ids) AND changed[array_position(ids, o.id)];
        INSERT INTO ledger_calls (account, key, digest, outcome, hold, recorded_at)
        SELECT ids[n.mine], n.key, n.digest, n.outcome, n.hold, at
        FROM unnest(mine, call_keys, call_digests, outcomes, result_holds, fresh)
          n (mine, key, digest, outcome, hold, is_fresh)
        WHERE n.is_fresh;

        RETURN QUERY SELECT n.place, n.outcome, n.hold, balances[n.mine] - held[n.mine],
          CASE WHEN n.kind <> 'hold' THEN NULL WHEN n.is_fresh THEN in_force
            ELSE (SELECT o.rules FROM holds o WHERE o.id = n.hold) END
        FROM unnest(outcomes, result_holds, mine, call_kinds, fresh)
          WITH ORDINALITY n (outcome, hold, mine, kind, is_fresh, place) ORDER BY n.place;
      END $$;
      """)
}
