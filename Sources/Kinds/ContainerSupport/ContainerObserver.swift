package import Model

/// Sees the containers of resources: one list call for each engine, however many resources there are.
package struct ContainerObserver: Sendable {
  /// What is looked for.
  package struct Query: Sendable {
    package let id: ResourceID
    /// Where its containers may be. Without an answer from one of these nothing is known about the resource;
    /// other engines are looked at too, and their silence is no obstacle.
    package let engines: Set<EngineAddress>
    package let health: HealthRule
    /// Containers of somebody else that are taken over, and the node that they count as placed on.
    package let adoptions: Set<Adoption>
    package let node: ResourceID?

    package init(
      id: ResourceID, engines: Set<EngineAddress>, health: HealthRule, adoptions: Set<Adoption> = [],
      node: ResourceID? = nil
    ) {
      self.id = id
      self.engines = engines
      self.health = health
      self.adoptions = adoptions
      self.node = node
    }
  }

  private typealias Answers = [EngineAddress: Result<[ContainerFacts], BackendError>]

  let engines: EnginePool
  private let probe: HealthProbe
  /// How many containers are asked at the same time.
  private static let probesAtOnce = 16

  package init(engines: EnginePool, probe: HealthProbe) {
    self.engines = engines
    self.probe = probe
  }

  package func observe(_ sought: [Query], in context: ReconcileContext) async
    -> [ResourceID: Result<WorkloadObservation?, BackendError>]
  {
    // A controller that has just started knows no engine yet: its own and those of all nodes are looked at.
    let addresses = Set(engines.known + [.local]).union(sought.flatMap(\.engines))
      .union(context.offers.compute.values.compactMap(\.engine)).map { engines.canonical($0) }
    let answers = await list(Set(addresses), of: Set(sought.map(\.id)), owner: context.owner)
    let adopted = await adopted(by: sought, in: context)
    let facts =
      ContainerObserver.distinct(answers, offers: context.offers)
      + adopted.values.flatMap { (try? $0.get()) ?? [] }.sorted { $0.observation.id < $1.observation.id }
    let checks = Dictionary(sought.map { ($0.id, $0.health) }, uniquingKeysWith: { first, _ in first })
    let observed = await mapConcurrently(facts, limit: Self.probesAtOnce) { [probe] fact in
      guard let check = checks[fact.observation.labels.resource] else { return fact.observation }
      return await probe.check(fact, by: check, now: context.now)
    }
    let byResource = Dictionary(grouping: observed, by: \.labels.resource)
    var results: [ResourceID: Result<WorkloadObservation?, BackendError>] = [:]
    for one in sought {
      if let failure = firstFailure(of: one, in: answers) {
        results[one.id] = .failure(failure)
      } else if case .failure(let failure)? = adopted[one.id] {
        results[one.id] = .failure(failure)
      } else {
        results[one.id] = .success(byResource[one.id].map(WorkloadObservation.init))
      }
    }
    return results
  }

  private func list(_ addresses: Set<EngineAddress>, of resources: Set<ResourceID>, owner: String) async
    -> Answers
  {
    let sorted = addresses.sorted { $0.description < $1.description }
    let results = await mapConcurrently(sorted, limit: Self.probesAtOnce) { address in
      await attempt(address, of: resources, owner: owner)
    }
    return Dictionary(uniqueKeysWithValues: zip(sorted, results))
  }

  private func attempt(_ address: EngineAddress, of resources: Set<ResourceID>, owner: String) async
    -> Result<[ContainerFacts], BackendError>
  {
    do throws(BackendError) {
      let engine = try engines.engine(at: address)
      var facts = try await engine.containers(of: resources, owner: owner)
      for index in facts.indices { facts[index].observation.engine = address }
      return .success(facts)
    } catch {
      return .failure(error)
    }
  }

  private func firstFailure(of sought: Query, in answers: Answers) -> BackendError? {
    for address in sought.engines.sorted(by: { $0.description < $1.description }) {
      if case .failure(let error)? = answers[engines.canonical(address)] { return error }
    }
    return nil
  }

  /// One engine may answer under two addresses; a container then counts where its node offers it.
  private static func distinct(_ answers: Answers, offers: Offers) -> [ContainerFacts] {
    var byID: [String: ContainerFacts] = [:]
    for address in answers.keys.sorted(by: { $0.description < $1.description }) {
      guard case .success(let facts)? = answers[address] else { continue }
      for fact in facts {
        let isAtHome =
          fact.observation.labels.node.flatMap { offers.compute[$0]?.engine } == fact.observation.engine
        if byID[fact.observation.id] == nil || isAtHome { byID[fact.observation.id] = fact }
      }
    }
    return byID.values.sorted { $0.observation.id < $1.observation.id }
  }
}

/// Results in the order of the input, with at most `limit` at work at the same time.
package func mapConcurrently<Input: Sendable, Output: Sendable>(
  _ inputs: [Input], limit: Int, _ transform: @escaping @Sendable (Input) async -> Output
) async -> [Output] {
  await withTaskGroup(of: (Int, Output).self) { group in
    var outputs = [Output?](repeating: nil, count: inputs.count)
    for (index, input) in inputs.enumerated() {
      if index >= limit, let (done, output) = await group.next() { outputs[done] = output }
      group.addTask { (index, await transform(input)) }
    }
    for await (done, output) in group { outputs[done] = output }
    return outputs.compactMap { $0 }
  }
}
