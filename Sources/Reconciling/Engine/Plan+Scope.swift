internal import Model

extension Plan {
  /// A plan of some resources in which what stays also waits for what it refers to outside of the plan. (For what
  /// leaves the planner sees to that: the inventory tells who uses it.)
  func waitingBeyondScope() -> Plan {
    let planned = Set(resources.map(\.id))
    let bound = resources.map { resource in
      guard resource.isExecutable, let desired = resource.desired else { return resource }
      let others = Set(desired.references.map(\.target)).subtracting(planned)
      guard !others.isEmpty else { return resource }
      return ResourcePlan(
        id: resource.id, outcome: resource.outcome, steps: resource.steps,
        dependsOn: resource.dependsOn + others.sorted(), waitingOn: resource.waitingOn, desired: desired,
        blockedBy: resource.blockedBy, allowed: resource.allowed)
    }
    return Plan(
      environment: environment, revision: revision, manifestDigest: manifestDigest, resources: bound)
  }
}

extension Resource where Spec == any ResourceSpec {
  /// The resource as it is claimed: until it is applied completely it may still be built on what it was built on
  /// before, so that must not be taken away yet; and what it adopted may still be there.
  func alsoReferring(like former: AnyResource?) -> AnyResource {
    let targets = Set(references.map(\.target))
    let others = former?.references.filter { !targets.contains($0.target) } ?? []
    var metadata = metadata
    if metadata.annotations[Adoption.annotation] == nil {
      metadata.annotations[Adoption.annotation] = former?.metadata.annotations[Adoption.annotation]
    }
    guard !others.isEmpty || metadata != self.metadata else { return self }
    return AnyResource(
      id: id, metadata: metadata, spec: spec, references: references + others, location: location,
      digest: digest)
  }
}

extension Engine.Preparation {
  /// Whether a resource that the plan says nothing about may be built on.
  func isSatisfied(_ id: ResourceID) -> Bool {
    guard let resource = desired[id] else { return true }
    return resource.metadata.mode != .enforce || inventory[id]?.digest == resource.digest
  }
}
