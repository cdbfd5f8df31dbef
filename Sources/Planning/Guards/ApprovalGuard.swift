package import Model

/// Holds what destroys until people agreed to exactly that, where the environment asks for approvals (seeds, CI/CD:
/// prod requires manual approval).
package enum ApprovalGuard {
  /// What counts: the stricter of what was applied and what is declared. Nil: no approval is needed.
  package static func required(
    before: ApprovalRequirement?, after: ApprovalRequirement?
  ) -> ApprovalRequirement? {
    isLoosened(before: before, after: after) ? before : after ?? before
  }

  /// Whether the manifests would ask for less than before. Else they could allow what only people may, in two steps.
  package static func isLoosened(before: ApprovalRequirement?, after: ApprovalRequirement?) -> Bool {
    guard let before else { return false }
    guard let after else { return true }
    return after.isLooser(than: before)
  }

  /// - Parameter approvers: names of users who agreed to exactly these steps.
  package static func evaluate(
    approvers: [String], required: ApprovalRequirement, _ found: UnapprovedDestruction
  ) -> (reason: UnapprovedDestruction, isApproved: Bool) {
    let accepted = Set(approvers.filter(required.accepts)).sorted()
    let reason = UnapprovedDestruction(
      environment: found.environment, steps: found.steps, loosens: found.loosens, approvers: accepted,
      needed: required.count, plan: found.plan)
    return (reason, accepted.count >= required.count)
  }
}
