import Model
import Reconciling

/// Make the world match an earlier revision.
package struct RollbackOrder: Sendable {
  package let environment: String
  /// Nil: the one before the newest.
  package let revision: Int64?
  package let permissions: Permissions
  package let author: Author

  package init(environment: String, revision: Int64?, permissions: Permissions, author: Author) {
    self.environment = environment
    self.revision = revision
    self.permissions = permissions
    self.author = author
  }

  /// - Parameter session: has the environment to itself; its voice is told what happens.
  package func carryOut(in session: Session) async throws -> ChangeReport {
    let newest = try await session.store.latestRevision(of: environment)?.number ?? 0
    let target = revision ?? newest - 1
    guard target >= 1, target < newest,
      let desired = try await session.store.desiredState(of: environment, at: target)
    else {
      throw OperationError.usage(
        newest < 2
          ? "there is no earlier revision of \(environment)"
          : "revision \(target) is none of the earlier ones of \(environment), 1 to \(newest - 1)")
    }
    let (preparation, allowances) = try await session.prepare(desired, permissions, by: author.approver)
    let authorship = author.authorship("rollback to \(target)", allowances.words, as: .rollback)
    _ = try await session.engine.liftQuarantine(of: desired, by: authorship)
    let left = try await session.engine.quarantineRevisions(after: target, for: desired, by: authorship)
    let convergence = try await session.converge(preparation, by: authorship, allowances)
    var report = ChangeReport(ApplyReport(convergence))
    report.left = left.map(\.revision).sorted()
    return report
  }
}
