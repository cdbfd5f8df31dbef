import Model
import Reconciling

/// Restores an earlier revision.
package struct RollbackOrder: Sendable {
  package let environment: String
  /// Nil: the newest revision before the newest that is not an interim state.
  package let revision: Int64?
  package let permissions: Permissions
  package let author: Author
  /// The consent to steps that destroy data.
  package var consent: Consent

  package init(
    environment: String, revision: Int64?, permissions: Permissions, author: Author, consent: Consent
  ) {
    self.environment = environment
    self.revision = revision
    self.permissions = permissions
    self.author = author
    self.consent = consent
  }

  /// - Throws: `blocked` with the steps that destroy data and are not confirmed, before anything is changed.
  /// - Parameter executor: holds the leases of the environment.
  package func perform(with executor: ChangeExecutor) async throws -> ChangeReport {
    let (target, desired) = try await target(in: executor.store)
    let engine = executor.engine
    let (preparation, allowances) = try await engine.prepare(desired, permissions, by: author.approver)
    try preparation.plan.refuseThingsOfOtherEnvironments(reportingTo: executor.reporter)
    try consent.require(for: preparation.plan)
    let authorship = author.authorship("rollback to \(target)", allowances.arguments, as: .rollback)
    _ = try await engine.liftQuarantine(of: desired, by: authorship)
    let quarantines = try await engine.quarantineRevisions(after: target, for: desired, by: authorship)
    let convergence = try await executor.converge(
      preparation, by: authorship, allowances, consent: consent)
    var report = ChangeReport(ApplyReport(convergence))
    report.quarantinedRevisions = quarantines.map(\.revision).sorted()
    return report
  }

  private func target(in store: any StateStore) async throws -> (Int64, DesiredState) {
    let newest = try await store.latestRevision(of: environment)?.number ?? 0
    var target = revision ?? 0
    if revision == nil {
      target = try await store.newestSettledRevision(of: environment, before: newest)?.number ?? 0
    }
    guard target >= 1, target < newest,
      let desired = try await store.desiredState(of: environment, at: target)
    else {
      throw OperationError.usage(
        newest < 2 || revision == nil
          ? "there is no earlier revision of \(environment)"
          : "revision \(target) is not an earlier revision of \(environment): they are 1 to \(newest - 1)")
    }
    return (target, desired)
  }
}
