import Model

/// Defers a deletion while a resource that this plan does not change still uses the resource. The inventory
/// entry of a resource that no longer exists is kept as long, because its users may be found only through
/// what it offers.
///
/// Users that the plan changes come before the deletion by order (see `PlanOrder`). This rule covers the
/// other users: paused ones, observed ones, and ones outside of the scope that have not changed yet.
enum StillUsed {
  /// Turns such deletions into `waiting`.
  static func apply(to decisions: inout [PlanDecision], _ request: PlanRequest) {
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
      decisions[position].waitsFor = [user.id]
    }
  }
}
