import Model

extension Engine {
  /// The most journal entries of a resource that are searched for its creation.
  private static let journalDepth = 1000

  /// The state to roll back to, with everything that holds data which the failed revision found and did not
  /// create: a database that a resource adopted, or got under a new name. No person agreed to destroy it.
  ///
  /// A resource that was renamed gets its former name again. Other resources stay, with what they reference.
  func keepingData(of failed: Revision, in former: DesiredState) async throws(StoreError) -> DesiredState {
    let environment = former.environment
    guard let desired = try await store.desiredState(of: environment, at: failed.number) else {
      return former
    }
    let inventory = try await store.inventory(of: environment, knowing: desired.resources)
    let ownership = try await store.ownership()
    let claims = claims(in: context(for: desired, leaving: [], ownership, Moves()))
    func things(_ resources: [AnyResource]) -> Set<Thing> {
      Set(resources.lazy.flatMap(claims).filter(\.holdsData).map(\.thing))
    }
    let declared = things(former.resources)
    var resources = Dictionary(former.resources.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    for resource in desired.resources where former[resource.id] == nil && inventory[resource.id] != nil {
      let data = things([resource])
      guard !data.isEmpty, data.isDisjoint(with: declared) else { continue }
      if let old = resource.metadata.formerID, let entry = resources[old] {
        resources[old] = entry.moved(from: resource.id)
        continue
      }
      guard try await !wasCreated(resource.id, by: failed) else { continue }
      var kept = [resource]
      while let next = kept.popLast() {
        resources[next.id] = next
        kept += next.references.compactMap { desired[$0.target] }.filter { resources[$0.id] == nil }
      }
    }
    return DesiredState(
      environment: environment, allowsMockGPUs: former.allowsMockGPUs, resources: Array(resources.values))
  }

  /// Whether a step of the revision began to create the resource.
  private func wasCreated(_ id: ResourceID, by revision: Revision) async throws(StoreError) -> Bool {
    let journal = try await store.journal(
      of: revision.environment, id: id, limit: Engine.journalDepth)
    return journal.contains { $0.intent.revision == revision.number && $0.intent.action == .create }
  }
}

extension Resource where Spec == any ResourceSpec {
  /// The same resource, which takes over what another one has.
  fileprivate func moved(from id: ResourceID) -> AnyResource {
    var metadata = metadata
    metadata.annotations[Move.annotation] = id.description
    return AnyResource(
      id: self.id, metadata: metadata, spec: spec, references: references, location: location, digest: digest)
  }
}
