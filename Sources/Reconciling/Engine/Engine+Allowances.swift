internal import Model

extension Engine {
  /// Records as events who allowed what a guard would have blocked, before any step runs. That includes what
  /// needs no step, such as another ledger in place of a lost one.
  func recordAllowed(in plan: Plan, revision: Int64, by authorship: Authorship) async throws(StoreError) {
    var changes = StatusChanges(revision: revision)
    let now = time.now()
    for resource in plan.resources where resource.isExecutable || resource.outcome == .unchanged {
      for finding in resource.allowed {
        changes.events.append(
          Event(
            at: now, id: resource.id, isWarning: true, reason: .guardAllowed,
            message:
              "\(authorship.actor) allowed what the rule \(finding.rule.rawValue) would block, with "
              + "‘\(authorship.message)’",
            revision: revision))
      }
    }
    if !changes.isEmpty { try await store.save(changes, in: plan.environment) }
  }
}
