package import Ledger
internal import Model
internal import Postgres

/// Removes what jobs know of a person, when their account is erased: what they ordered and got, and their name wherever it
/// stands. States, times and amounts stay. What is declared is left alone, for manifests would only write it again; whoever
/// leaves those is retired, and a retired row loses the name here.
package enum SchedulingErasure {
  /// For the ledger's erasure, which has renamed the account by then.
  package static let hook: LedgerErasure.Hook = {
    (transaction, account, name) async throws(PostgresError) in
    let newName = "\(LedgerStore.erasedPrefix)\(account)"
    let answers = try await transaction.pipeline([
      Statement(jobs, [.int(account), .text(newName)]),
      Statement(attempts, [.int(account)]),
      Statement(cancelled, [.int(account), .text(name), .text(newName)]),
      Statement("UPDATE jobs SET developer = '' WHERE developer = $1", [.text(name)]),
      Statement(
        "UPDATE scheduler_nodes SET owner = '' WHERE owner = $1 AND retired_at IS NOT NULL", [.text(name)]),
      Statement(
        "UPDATE scheduler_modules SET developer = '' WHERE developer = $1 AND retired_at IS NOT NULL",
        [.text(name)]),
    ])
    return answers.reduce(0) { $0 + $1.affected }
  }

  /// Without `request` nobody who gets the name later is answered with these jobs by a key that both chose.
  private static let jobs = """
    UPDATE jobs SET request = '', input = 'null', output = NULL, artefacts = NULL, reason = NULL,
      cancelled_by = CASE WHEN cancelled_by IS NOT NULL THEN $2 END, version = version + 1
    WHERE account = $1
    """

  private static let attempts = """
    UPDATE job_attempts w SET note = NULL, reason = NULL FROM jobs j
    WHERE j.account = $1 AND w.job = j.id AND (w.note IS NOT NULL OR w.reason IS NOT NULL)
    """

  /// Others' jobs that this person cancelled.
  private static let cancelled = """
    UPDATE jobs SET cancelled_by = CASE WHEN cancelled_by = $2 THEN $3 ELSE cancelled_by END,
      reason = CASE WHEN reason = 'cancelled by ' || $2 THEN 'cancelled by ' || $3 ELSE reason END,
      version = version + 1
    WHERE account <> $1 AND (cancelled_by = $2 OR reason = 'cancelled by ' || $2)
    """
}
