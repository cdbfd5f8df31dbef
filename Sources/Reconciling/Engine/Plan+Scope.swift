internal import Model

extension Plan {
  /// A scoped plan in which desired resources also depend on what they reference outside of the scope. The
  /// planner does the same for leaving resources, whose users are in the inventory.
  func waitingBeyondScope() -> Plan {
    let planned = Set(resources.map(\.id))
    let bound = resources.map { resource in
      guard resource.isExecutable, let desired = resource.desired else { return resource }
      let others = Set(desired.references.map(\.target)).subtracting(planned)
      guard !others.isEmpty else { return resource }
      return ResourcePlan(
        id: resource.id, outcome: resource.outcome, steps: resource.steps,
        dependsOn: resource.dependsOn + others.sorted(), takesFrom: resource.takesFrom,
        waitingOn: resource.waitingOn, waitsFor: resource.waitsFor, desired: desired,
        blockedBy: resource.blockedBy, allowed: resource.allowed, handover: resource.handover)
    }
    return Plan(
      environment: environment, revision: revision, manifestDigest: manifestDigest, resources: bound)
  }
}

extension Resource where Spec == any ResourceSpec {
  /// The resource as it is claimed, with the references and the adoption of the former one. Until it is
  /// applied completely, it may still be built on what it was built on before, which must not be removed yet.
  func keepingReferences(of former: AnyResource?) -> AnyResource {
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
  /// Whether others may be built on a resource that is not in the plan.
  func isSatisfied(_ id: ResourceID) -> Bool {
    guard let resource = desired[id] else { return true }
    return resource.metadata.mode != .enforce || inventory[id]?.digest == resource.digest
  }
}
