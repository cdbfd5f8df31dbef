package import Model
package import Planning
import Reconciling

/// Applies manifests once, on the local state or for a caller of the API.
package struct ApplyOrder: Sendable {
  package let desired: DesiredState
  /// Where the manifests were read from, for the record.
  package let paths: [String]
  package let permissions: Permissions
  /// The saved plan to apply, and the name of its file.
  package var saved: (SavedPlan, from: String)?
  /// Whether a failure restores the previous revision.
  package let isAtomic: Bool
  package let author: Author
  /// The consent to steps that destroy data. A saved plan is a consent to its own.
  package var consent: Consent

  package init(
    desired: DesiredState, paths: [String], permissions: Permissions, saved: (SavedPlan, from: String)?,
    isAtomic: Bool, author: Author, consent: Consent
  ) {
    self.desired = desired
    self.paths = paths
    self.permissions = permissions
    self.saved = saved
    self.isAtomic = isAtomic
    self.author = author
    self.consent = consent
  }

  /// - Throws: `blocked` with the steps that destroy data and are not confirmed, before anything is changed.
  /// - Parameter executor: holds the leases of the environment.
  package func perform(with executor: ChangeExecutor) async throws -> ChangeReport {
    let (preparation, allowances) = try await executor.engine.prepare(
      desired, permissions, by: author.approver, as: saved)
    let authorship = author.authorship(
      "apply", paths + (isAtomic ? ["--atomic"] : []) + allowances.arguments)
    try preparation.plan.refuseThingsOfOtherEnvironments(reportingTo: executor.reporter)
    if isAtomic { try refuseIncomplete(preparation.plan, executor) }
    let consent = saved == nil ? consent : Consent(to: preparation.plan.destructiveSteps)
    try consent.require(for: preparation.plan)
    _ = try await executor.engine.liftQuarantine(of: desired, by: authorship)
    if isAtomic {
      return ChangeReport(
        AtomicReport(
          try await executor.convergeAtomically(preparation, by: authorship, allowances, consent: consent)))
    }
    let convergence = try await executor.converge(
      preparation, by: authorship, allowances, consent: consent)
    var report = ChangeReport(ApplyReport(convergence))
    // Otherwise the plan, which was shown, contains everything.
    report.hasFindings =
      preparation.plan.hasChanges || !convergence.findings.values.allSatisfy(\.status.isReady)
    return report
  }

  /// Refuses an atomic apply of a plan that cannot complete, before its first step.
  private func refuseIncomplete(_ plan: Plan, _ executor: ChangeExecutor) throws {
    let obstacles = plan.resources.filter { [.blocked, .invalid, .unknown].contains($0.outcome) }
    guard !obstacles.isEmpty else { return }
    executor.reporter.handler(.planned(plan))
    let names = obstacles.map { "\($0.id) (\($0.outcome.rawValue))" }.joined(separator: ", ")
    let message =
      "nothing was changed: --atomic applies all changes or none, and these cannot be applied: \(names)"
    throw obstacles.contains { $0.outcome == .blocked }
      ? OperationError.blocked(message) : OperationError.failed(message)
  }
}
