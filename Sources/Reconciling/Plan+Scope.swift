internal import Model

extension Plan {
  /// A plan of some resources that also waits for those it says nothing about: what stays for what it refers to, and
  /// what leaves for everything in the inventory that was built on it.
  func waitingBeyondScope(_ inventory: [ResourceID: InventoryEntry]) -> Plan {
    let planned = Set(resources.map(\.id))
    let leaving = Set(resources.lazy.filter { $0.desired == nil }.map(\.id))
    var users: [ResourceID: [ResourceID]] = [:]
    if !leaving.isEmpty {
      for entry in inventory.values where !planned.contains(entry.id) {
        for reference in entry.resource.references where leaving.contains(reference.target) {
          users[reference.target, default: []].append(entry.id)
        }
      }
    }
    let bound = resources.map { resource in
      guard resource.isExecutable else { return resource }
      let needs = resource.desired?.references.map(\.target) ?? users[resource.id] ?? []
      let others = Set(needs).subtracting(planned)
      guard !others.isEmpty else { return resource }
      return ResourcePlan(
        id: resource.id, outcome: resource.outcome, steps: resource.steps,
        dependsOn: resource.dependsOn + others.sorted(), waitingOn: resource.waitingOn,
        desired: resource.desired)
    }
    return Plan(
      environment: environment, revision: revision, manifestDigest: manifestDigest, resources: bound)
  }
}

extension Engine.Preparation {
  /// Whether a resource that the plan says nothing about may be built on; for one that was built on something that
  /// leaves: whether it is done with that.
  func isSatisfied(_ id: ResourceID, for dependent: ResourceID) -> Bool {
    let entry = inventory[id]
    if desired[dependent] == nil {
      return entry.map { !$0.resource.references.contains { $0.target == dependent } } ?? true
    }
    guard let resource = desired[id] else { return true }
    return resource.metadata.mode != .enforce || entry?.digest == resource.digest
  }
}
