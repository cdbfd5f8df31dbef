package import Model
package import Planning
package import Reconciling

extension Session {
  /// Observes and plans with what a person allowed.
  /// - Parameters:
  ///   - approver: whose approval `permissions` carry.
  ///   - saved: the plan to be applied, which carries its own allowances, and where it was read from. It is compared
  ///     before a new approval changes anything.
  package func prepare(
    _ desired: DesiredState, _ permissions: Permissions, by approver: String,
    as saved: (SavedPlan, from: String)? = nil
  ) async throws -> (Engine.Preparation, Allowances) {
    if let saved, !permissions.granted.isEmpty {
      throw OperationError.usage(
        "\(saved.from) carries what was allowed when it was made; to allow more, make a new plan with --allow"
      )
    }
    let allowances = saved?.0.allowances ?? Allowances(permissions.granted)
    return try await prepare(desired, allowances, approve: permissions.approve, by: approver) { plan in
      guard let saved, let refusal = saved.0.refusal(against: plan) else { return }
      throw OperationError.failed("\(saved.from) is not applied: \(refusal)")
    }
  }

  /// The same with allowances from elsewhere.
  /// - Parameters:
  ///   - digest: of destructive steps that are approved; nil: nothing is.
  ///   - check: looks at the plan before it is approved.
  package func prepare(
    _ desired: DesiredState, _ allowances: Allowances, approve digest: String?, by approver: String,
    check: (Plan) throws -> Void = { _ in }
  ) async throws -> (Engine.Preparation, Allowances) {
    let preparation = try await engine.prepare(desired, allowances: allowances)
    try check(preparation.plan)
    guard let digest else { return (preparation, allowances) }
    // What needed approval may be done already: then there is nothing left to approve.
    guard let approval = preparation.plan.approval(by: [approver]) else { return (preparation, allowances) }
    guard approval.plan.hex.hasPrefix(digest) else {
      throw OperationError.blocked(
        "\(digest) is the approval of another plan: the manifests or what would be destroyed changed since. "
          + "Nothing was touched; look at the plan again, now it is \(approval.plan.short)")
    }
    var approved = allowances
    approved.approval = approval.joining(allowances.approval)
    return (try await engine.prepare(desired, allowances: approved), approved)
  }
}
