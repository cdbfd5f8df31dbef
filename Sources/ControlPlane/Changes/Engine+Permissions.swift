package import Model
package import Planning
package import Reconciling

extension Engine {
  /// Observes and plans with the permissions of a person.
  /// - Parameters:
  ///   - approver: the person whose approval `permissions` contains.
  ///   - saved: the plan to apply, which contains its own allowances, and the name of its file. It is
  ///     compared with the new plan before an approval counts.
  package func prepare(
    _ desired: DesiredState, _ permissions: Permissions, by approver: String,
    as saved: (SavedPlan, from: String)? = nil
  ) async throws -> (Preparation, Allowances) {
    if let saved, !permissions.granted.isEmpty {
      throw OperationError.usage(
        "\(saved.from) contains the allowances of its plan; to allow more, save a new plan with --allow")
    }
    let allowances = saved?.0.allowances ?? Allowances(permissions.granted)
    return try await prepare(desired, allowances, approve: permissions.approve, by: approver) { plan in
      guard let saved, let refusal = saved.0.refusal(against: plan) else { return }
      throw OperationError.failed("\(saved.from) is not applied: \(refusal)")
    }
  }

  /// Observes and plans with allowances.
  /// - Parameters:
  ///   - digest: the digest of the approved destructive steps; nil for no approval.
  ///   - check: throws to refuse the plan before it is approved.
  package func prepare(
    _ desired: DesiredState, _ allowances: Allowances, approve digest: String?, by approver: String,
    check: (Plan) throws -> Void = { _ in }
  ) async throws -> (Preparation, Allowances) {
    let preparation = try await prepare(desired, allowances: allowances)
    try check(preparation.plan)
    guard let digest else { return (preparation, allowances) }
    // Without destructive steps there is nothing to approve.
    guard let approval = preparation.plan.approval(by: [approver]) else { return (preparation, allowances) }
    guard approval.plan.hex.hasPrefix(digest) else {
      throw OperationError.blocked(
        "\(digest) approves another plan: the manifests or the destructive steps changed since. "
          + "Nothing was changed; review the plan again, its digest is \(approval.plan.short)")
    }
    var approved = allowances
    approved.approval = approval.joining(allowances.approval)
    return (try await prepare(desired, allowances: approved), approved)
  }
}
