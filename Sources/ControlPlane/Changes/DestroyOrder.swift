package import Model
import Planning
package import Reconciling

/// Removes every applied resource of an environment, by the steps that were listed before.
package struct DestroyOrder: Sendable {
  package enum End: Sendable {
    case done(ApplyReport)
    /// The steps are no longer those that were listed; nothing was changed. Contains the new plan.
    case changed(Plan)
  }

  package let environment: String
  /// The first digits of the digest of the approved destructive steps; nil for no approval.
  package let approve: String?
  package let author: Author

  package init(environment: String, approve: String?, author: Author) {
    self.environment = environment
    self.approve = approve
    self.author = author
  }

  /// The plan to list and confirm.
  package func plan(on engine: Engine) async throws -> Plan {
    try await prepare(on: engine).preparation.plan
  }

  /// Executes the listed plan.
  /// - Parameter executor: holds the leases of the environment.
  package func perform(_ listed: Plan, with executor: ChangeExecutor) async throws -> End {
    let (preparation, allowances) = try await prepare(on: executor.engine)
    let saved = SavedPlan(listed, manifests: [], allowances: allowances)
    guard saved.refusal(against: preparation.plan) == nil else { return .changed(preparation.plan) }
    let convergence = try await executor.converge(
      preparation, by: author.authorship("destroy", [environment] + allowances.arguments), allowances,
      consent: Consent(to: listed.destructiveSteps))
    return .done(ApplyReport(convergence))
  }

  private func prepare(
    on engine: Engine
  ) async throws -> (preparation: Engine.Preparation, allowances: Allowances) {
    let empty = DesiredState.empty(in: environment)
    return try await engine.prepare(
      empty, Allowances(prune: true), approve: approve, by: author.approver)
  }
}
