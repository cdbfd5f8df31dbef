package import Ledger
internal import Model
internal import Postgres

/// Removes what jobs store about a person when their account is erased: the contents of their jobs, and their
/// name in other rows. States, times and amounts stay. Rows that manifests declare keep the name until they
/// are retired, because the next apply would restore it.
package enum SchedulingErasure {
  /// Runs in the transaction of the ledger's erasure, which has renamed the account.
  package static let hook: LedgerErasure.Hook = {
    (transaction, account, name) async throws(PostgresError) in
    let newName = "\(LedgerStore.erasedPrefix)\(account)"
    let answers = try await transaction.pipeline([
      Statement(JobStoreSQL.eraseJobs, [.int(account), .text(newName)]),
      Statement(attempts, [.int(account)]),
      Statement(JobStoreSQL.eraseCancellations, [.int(account), .text(name), .text(newName)]),
      Statement("UPDATE jobs SET developer = '' WHERE developer = $1", [.text(name)]),
      Statement(
        "UPDATE scheduler_nodes SET owner = '' WHERE owner = $1 AND retired_at IS NOT NULL", [.text(name)]),
      Statement(
        "UPDATE scheduler_modules SET developer = '' WHERE developer = $1 AND retired_at IS NOT NULL",
        [.text(name)]),
    ])
    return answers.reduce(0) { $0 + $1.affected }
  }

  private static let attempts = """
    UPDATE job_attempts w SET note = NULL, reason = NULL FROM jobs j
    WHERE j.account = $1 AND w.job = j.id AND (w.note IS NOT NULL OR w.reason IS NOT NULL)
    """
}
