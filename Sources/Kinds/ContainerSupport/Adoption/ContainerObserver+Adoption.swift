package import Model

extension ContainerObserver {
  /// The containers that resources take over, as far as they are there. A container is known by its id; one that
  /// belongs to another controller or another resource is refused.
  func adopted(
    by sought: [Query], in context: ReconcileContext
  ) async -> [ResourceID: Result<[ContainerFacts], BackendError>] {
    let adopting = sought.filter { !$0.adoptions.isEmpty }
    let results = await mapConcurrently(adopting, limit: 16) { one in await attempt(one, context.owner) }
    return Dictionary(
      zip(adopting.map(\.id), results).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
  }

  private func attempt(_ sought: Query, _ owner: String) async -> Result<[ContainerFacts], BackendError> {
    do throws(BackendError) {
      var found: [ContainerFacts] = []
      for address in Set(sought.engines.map(engines.canonical)).sorted(by: { $0.description < $1.description }
      ) {
        for adoption in sought.adoptions.sorted(by: { $0.description < $1.description }) {
          if let facts = try await look(for: adoption, at: address, sought, owner) { found.append(facts) }
        }
      }
      return .success(found)
    } catch {
      return .failure(error)
    }
  }

  private func look(
    for adoption: Adoption, at address: EngineAddress, _ sought: Query, _ owner: String
  ) async throws(BackendError) -> ContainerFacts? {
    guard let foreign = try await engines.engine(at: address).foreignContainer(adoption.id),
      adoption.means(containerID: foreign.facts.observation.id)
    else { return nil }
    if let labels = ContainerLabels(foreign.labels) {
      // One of its own is found by its labels.
      if labels.owner == owner, labels.resource == sought.id { return nil }
      throw foreign.belongsToAnother
    }
    guard foreign.labels[ContainerLabels.owner] == nil else { throw foreign.belongsToAnother }
    let adopted = try ContainerAdoption(foreign)
    var facts = foreign.facts
    facts.observation.labels = ContainerLabels(
      owner: owner, resource: sought.id, replica: 0, node: sought.node, spec: "")
    facts.observation.engine = address
    facts.observation.limits = adopted.limits
    facts.observation.adopted = adopted.container
    return facts
  }
}

extension ForeignContainer {
  /// Why it cannot be taken over although it is there.
  package var belongsToAnother: BackendError {
    let resource = labels[ContainerLabels.resource].map { "\($0) of " } ?? ""
    return BackendError(
      code: "adoption.owned",
      "container \(name) belongs to \(resource)the controller \(labels[ContainerLabels.owner] ?? "of another state")",
      hint: "it is never taken from another controller; remove it there first", retry: .afterChange)
  }

  package var isOwned: Bool { labels[ContainerLabels.owner] != nil }
}
