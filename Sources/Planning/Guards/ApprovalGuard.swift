package import Model

/// Blocks destructive steps until people approved exactly those steps, in environments that require approvals
/// (seeds, CI/CD: prod requires manual approval).
package enum ApprovalGuard {
  /// The stricter of the applied and the declared requirement. Nil when no approval is needed.
  package static func required(
    before: ApprovalRequirement?, after: ApprovalRequirement?
  ) -> ApprovalRequirement? {
    isLoosened(before: before, after: after) ? before : after ?? before
  }

  /// Whether the manifests require less than before. Without this rule, two revisions could do together what
  /// needs approval.
  package static func isLoosened(before: ApprovalRequirement?, after: ApprovalRequirement?) -> Bool {
    guard let before else { return false }
    guard let after else { return true }
    return after.isLooser(than: before)
  }

  /// - Parameter approvers: Names of users who approved exactly these steps.
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
