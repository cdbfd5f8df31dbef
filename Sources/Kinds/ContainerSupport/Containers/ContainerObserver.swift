internal import Concurrency
package import Model

/// Reads the containers of resources with one list call per engine, whatever the number of resources.
package struct ContainerObserver: Sendable {
  private typealias Answers = [EngineAddress: Result<[InspectedContainer], BackendError>]

  let engines: EnginePool
  private let probe: HealthProbe
  private static let maxConcurrentProbes = 16

  package init(engines: EnginePool, probe: HealthProbe) {
    self.engines = engines
    self.probe = probe
  }

  /// - Returns: one result per query. `.success(nil)`: every engine answered and none has a container of the
  ///   resource.
  package func observe(_ queries: [ContainerQuery], in context: ReconcileContext) async
    -> [ResourceID: Result<WorkloadObservation?, BackendError>]
  {
    // After a start the pool is empty, so the local engine and those of all nodes are added.
    let addresses = Set(engines.known + [.local]).union(queries.flatMap(\.engines))
      .union(context.offers.compute.values.compactMap(\.engine)).map { engines.canonical($0) }
    let answers = await list(
      Set(addresses), of: context.moves.withFormer(queries.map(\.id)), Marks(of: context))
    let adopted = await adopted(by: queries, in: context)
    let containers =
      ContainerObserver.distinct(answers, offers: context.offers)
      + adopted.values.flatMap { (try? $0.get()) ?? [] }.sorted { $0.observation.id < $1.observation.id }
    let rules = Dictionary(queries.map { ($0.id, $0.health) }, uniquingKeysWith: { first, _ in first })
    let observed = await mapConcurrently(containers, limit: Self.maxConcurrentProbes) {
      [probe, engines] container in
      guard let rule = rules[context.moves.current(container.observation.labels.resource)] else {
        return container.observation
      }
      var observation = await probe.check(container, by: rule, now: context.now)
      if observation.crashLoop != nil {
        observation.crashLoop?.lastLine = try? await engines.engine(at: observation.engine)
          .lastLines(of: observation.id, count: 1).last
      }
      return observation
    }
    let byResource = Dictionary(grouping: observed) { context.moves.current($0.labels.resource) }
    var results: [ResourceID: Result<WorkloadObservation?, BackendError>] = [:]
    for query in queries {
      if let failure = firstFailure(of: query, in: answers) {
        results[query.id] = .failure(failure)
      } else if case .failure(let failure)? = adopted[query.id] {
        results[query.id] = .failure(failure)
      } else {
        results[query.id] = .success(byResource[query.id].map(WorkloadObservation.init))
      }
    }
    return results
  }

  private func list(_ addresses: Set<EngineAddress>, of resources: Set<ResourceID>, _ marks: Marks) async
    -> Answers
  {
    let sorted = addresses.sorted()
    let results = await mapConcurrently(sorted, limit: Self.maxConcurrentProbes) { address in
      await Result { () async throws(BackendError) in
        var containers = try await engines.engine(at: address).containers(of: resources, marks)
        for index in containers.indices { containers[index].observation.engine = address }
        return containers
      }
    }
    return Dictionary(uniqueKeysWithValues: zip(sorted, results))
  }

  private func firstFailure(of query: ContainerQuery, in answers: Answers) -> BackendError? {
    for address in query.engines.sorted() {
      if case .failure(let error)? = answers[engines.canonical(address)] { return error }
    }
    return nil
  }

  /// Removes containers that one engine reported under two addresses. The address that the container's node
  /// offers wins.
  private static func distinct(_ answers: Answers, offers: Offers) -> [InspectedContainer] {
    var byID: [String: InspectedContainer] = [:]
    for address in answers.keys.sorted() {
      guard case .success(let containers)? = answers[address] else { continue }
      for container in containers {
        let seen = container.observation
        let isOnItsNode = seen.labels.node.flatMap { offers.compute[$0]?.engine } == seen.engine
        if byID[seen.id] == nil || isOnItsNode { byID[seen.id] = container }
      }
    }
    return byID.values.sorted { $0.observation.id < $1.observation.id }
  }
}

extension Moves {
  /// The resources with the former ones of those that were renamed: the containers of both are theirs.
  fileprivate func withFormer(_ ids: [ResourceID]) -> Set<ResourceID> {
    Set(ids + ids.compactMap { move(to: $0)?.from })
  }

  /// The resource to which the containers of a resource belong now.
  fileprivate func current(_ id: ResourceID) -> ResourceID { move(from: id)?.to ?? id }
}
