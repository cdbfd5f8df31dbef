internal import Concurrency
package import Model

extension ContainerObserver {
  /// The containers that the queries adopt, as far as they exist. The id identifies a container. One that
  /// belongs to another controller or another resource fails the query.
  func adopted(
    by queries: [ContainerQuery], in context: ReconcileContext
  ) async -> [ResourceID: Result<[InspectedContainer], BackendError>] {
    let adopting = queries.filter { !$0.adoptions.isEmpty }
    let marks = Marks(of: context)
    let results = await mapConcurrently(adopting, limit: 16) { query in
      await Result { () async throws(BackendError) in
        try await adopted(by: query, marks)
      }
    }
    return Dictionary(
      zip(adopting.map(\.id), results).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
  }

  private func adopted(
    by query: ContainerQuery, _ marks: Marks
  ) async throws(BackendError) -> [InspectedContainer] {
    let addresses = Set(query.engines.map(engines.canonical)).sorted()
    let adoptions = query.adoptions.sorted { $0.description < $1.description }
    var found: [InspectedContainer] = []
    for address in addresses {
      for adoption in adoptions {
        if let container = try await container(of: adoption, at: address, query, marks) {
          found.append(container)
        }
      }
    }
    return found
  }

  private func container(
    of adoption: Adoption, at address: EngineAddress, _ query: ContainerQuery, _ marks: Marks
  ) async throws(BackendError) -> InspectedContainer? {
    guard let unmanaged = try await engines.engine(at: address).unmanagedContainer(adoption.id),
      adoption.matches(containerID: unmanaged.container.observation.id)
    else { return nil }
    if let labels = ContainerLabels(unmanaged.labels) {
      // The list call already found the resource's own container.
      if marks.include(labels), labels.resource == query.id { return nil }
      throw unmanaged.ownershipError
    }
    guard !unmanaged.hasOwner else { throw unmanaged.ownershipError }
    let adopted = try ContainerAdoption(unmanaged)
    var container = unmanaged.container
    container.observation.labels = ContainerLabels(
      owner: marks.controller, environment: marks.environment, resource: query.id, replica: 0,
      node: query.node, spec: "")
    container.observation.engine = address
    container.observation.limits = adopted.limits
    container.observation.adopted = adopted.container
    return container
  }
}

extension UnmanagedContainer {
  /// Why an existing container cannot be adopted.
  package var ownershipError: BackendError {
    BackendError(
      code: "adoption.owned", "container \(name) belongs to \(ContainerLabels.ownerPhrase(labels))",
      hint: "a container of another owner is never adopted; remove it there first", retry: .afterChange)
  }

  package var hasOwner: Bool { labels[ContainerLabels.owner] != nil }
}
