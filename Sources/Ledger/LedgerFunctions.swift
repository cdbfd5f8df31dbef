/// The ledger's operations, as functions of the database over arrays: many calls commit as one transaction, and each has an
/// outcome of its own.
///
/// All accounts that a batch touches are locked in the order of their ids before anything is judged, and a hold changes
/// only under its account's lock, so batches never wait for each other in a circle. Calls are judged one after the other
/// on balances that are kept in variables; what they come to is written once at the end.
enum LedgerFunctions {
  /// All of them, in the order in which they are made.
  static let all = [refusal, begin, execute, expire]

  struct Function: Sendable {
    /// Its name with the types of what it takes.
    let signature: String
    /// Makes the function, or takes one of the same arguments back to what it should be.
    let sql: String

    /// What PostgreSQL keeps of it.
    var body: Substring {
      guard let start = sql.firstRange(of: "$$"), let end = sql.ranges(of: "$$").last else { return "" }
      return sql[start.upperBound..<end.lowerBound]
    }
  }

  /// `ledger_is_immutable`: refuses; for triggers.
  private static let refusal = Function(
    signature: "ledger_is_immutable()",
    sql: """
      CREATE OR REPLACE FUNCTION ledger_is_immutable() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
      END $$;
      """)

  /// `ledger_begin_account`: an account's chain begins with what kind it is, so that nobody changes that unseen.
  private static let begin = Function(
    signature: "ledger_begin_account()",
    sql: """
      CREATE OR REPLACE FUNCTION ledger_begin_account() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        NEW.head := sha256(convert_to(NEW.kind, 'UTF8'));
        RETURN NEW;
      END $$;
      """)

  /// `ledger_expire`: gives back what holds reserve whose time is over, oldest first; returns how many.
  private static let expire = Function(
    signature: "ledger_expire(timestamptz, int)",
    sql: """
      CREATE OR REPLACE FUNCTION ledger_expire(call_at timestamptz, most int) RETURNS bigint LANGUAGE plpgsql AS $$
      DECLARE
        at CONSTANT timestamptz := coalesce(call_at, now());
        locked bigint[];
        closed bigint;
      BEGIN
        -- Only what is under an account that is locked here may change.
        SELECT array_agg(l.id) INTO locked FROM (
          SELECT id FROM accounts WHERE id IN (
            SELECT d.account FROM (
              SELECT account FROM holds WHERE state = 'open' AND expires_at <= at ORDER BY expires_at, id LIMIT most
            ) d
          ) ORDER BY id FOR NO KEY UPDATE
        ) l;
        WITH due AS (
          SELECT id FROM holds WHERE state = 'open' AND expires_at <= at AND account = ANY (locked)
          ORDER BY expires_at, id LIMIT most
        ), gone AS (
          UPDATE holds o SET state = 'expired', closed_at = at FROM due WHERE o.id = due.id AND o.state = 'open'
          RETURNING o.account, o.amount_micro
        ), freed AS (
          UPDATE accounts o SET held_micro = held_micro - g.amount
          FROM (SELECT account, sum(amount_micro)::bigint AS amount FROM gone GROUP BY account) g WHERE o.id = g.account
        )
        SELECT count(*) INTO closed FROM gone;
        RETURN closed;
      END $$;
      """)
}
