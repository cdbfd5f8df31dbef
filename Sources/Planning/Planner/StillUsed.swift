import Model

/// Holds a deletion while something that this plan does not touch still uses what would go.
///
/// Also what is gone already is not forgotten before: its users may only be found through what it offers.
///
/// What the plan does touch comes before the deletion by order (see `PlanOrder`); this is about users that stay as
/// they are: paused ones, ones that are only observed, and ones outside of the scope whose change is still to come.
enum StillUsed {
  /// Batches such deletions into `waiting`.
  static func hold(_ decisions: inout [Decision], _ request: PlanRequest) {
    var leaving: [ResourceID: Int] = [:]
    for (position, decision) in decisions.enumerated() where decision.outcome == .delete {
      leaving[decision.subject.id] = position
    }
    guard !leaving.isEmpty else { return }
    var users: [Int: (id: ResourceID, why: String)] = [:]
    func note(_ user: AnyResource, _ why: String) {
      for reference in user.references {
        guard let position = leaving[reference.target] else { continue }
        if let known = users[position], known.id < user.id { continue }
        users[position] = (user.id, why)
      }
    }
    for decision in decisions {
      guard decision.outcome == .paused || decision.outcome == .drifted,
        let applied = request.applied(decision.subject)
      else { continue }
      note(
        applied,
        decision.outcome == .paused ? "still uses it and is paused" : "still uses it and is only observed")
    }
    if let scope = request.scope {
      for (id, entry) in request.inventory where !scope.contains(id) {
        guard let desired = request.desired[id] else {
          note(entry.resource, "still uses it and leaves first")
          continue
        }
        if entry.digest != desired.digest { note(entry.resource, "still uses it and changes first") }
      }
    }
    for (position, user) in users {
      decisions[position].outcome = .waiting
      decisions[position].waitingOn = "\(user.id), which \(user.why)"
    }
  }
}
