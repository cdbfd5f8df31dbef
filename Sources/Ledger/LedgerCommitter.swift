internal import Concurrency
internal import Model
package import Postgres

/// Calls that come at the same time share a transaction.
package final class LedgerCommitter: Sendable {
  package typealias Outcome = Result<LedgerReceipt, LedgerError>

  private let group: GroupCommit<LedgerCall, Outcome, PostgresError>

  /// - Parameters:
  ///   - size: calls in one transaction at most.
  ///   - width: transactions at once. Nearly every batch touches the platform's account, so two would wait for each other.
  package init(_ books: LedgerStore, size: Int = 256, width: Int = 1) {
    group = GroupCommit(size: size, width: width) { calls in await LedgerCommitter.execute(calls, books) }
  }

  /// Returns once the call is in the books for good, or was refused. When it throws, nobody knows whether it was done:
  /// the same call may be made again.
  package func commit(_ call: LedgerCall) async throws(PostgresError) -> Outcome {
    // Known to be wrong without asking, and it shall not take part in anything.
    if let problem = call.problem { return .failure(problem) }
    return try await group.commit(call)
  }

  private static func execute(_ calls: [LedgerCall], _ books: LedgerStore) async
    -> Result<[Outcome], PostgresError>
  {
    do throws(PostgresError) {
      return .success(try await books.execute(calls))
    } catch {
      return .failure(error)
    }
  }
}
