import Billing
import ContainerFakes
import ContainerSupport
import Model
import Reconciling
import ReconcilingSupport
import RefactoringSupport

// Tokens in the simulated systems, found through what the systems themselves say about owners.

extension RefactoringScenario {
  /// Writes the token of every part.
  func fill(_ state: DeclaredState) {
    for resource in state.all {
      for (part, token) in resource.data.sorted(by: { $0.key < $1.key }) {
        write(token, part, of: resource, in: state)
      }
    }
  }

  private func write(
    _ token: String, _ part: String, of resource: DeclaredResource, in state: DeclaredState
  ) {
    let name = resource.id.name
    let database = resource.spec.of.flatMap { state[$0] }?.databaseName ?? resource.databaseName
    if resource.id.kind == "Service" {
      guard let (engine, volume) = volume(part, of: resource, mark: state.environment) else {
        return outcome.add(["\(resource.id) has no \(part) before the refactoring"])
      }
      return engine.write(token, toVolume: volume)
    }
    world.systems.server.change { server in
      switch resource.id.kind {
      case "Database": server.databases[database]?.rows.insert(token)
      case "Ledger": server.databases[database]?.ledger.entries.insert(token)
      case "Scheduler": server.databases[database]?.jobs.waiting.insert(token)
      case "PriceMap": server.databases[database]?.priceHistory[name, default: [:]][part] = token
      case "BackupPolicy":
        for key in server.repositories.keys { server.repositories[key]?.notes.insert(token) }
      default: break
      }
    }
  }

  /// Checks that every part contains its token and belongs to its resource.
  /// - Parameter mark: The environment in the marks.
  func check(_ state: DeclaredState, mark: String) {
    for resource in state.all {
      for (part, token) in resource.data.sorted(by: { $0.key < $1.key }) {
        let found = contents(part, of: resource, in: state, mark: mark)
        if !found.contains(token) {
          outcome.add(["‘\(token)’ is not in \(part) of \(resource.id), which contains \(found.sorted())"])
        }
      }
    }
    let volumes = world.systems.engines.reduce(into: Set<String>()) { all, engine in
      for contents in engine.volumeContents.values { all.formUnion(contents) }
    }
    let repositories = world.systems.server.now.repositories.values.reduce(into: Set<String>()) {
      $0.formUnion($1.notes)
    }
    for left in state.left where !(left.kind == "Service" ? volumes : repositories).contains(left.token) {
      outcome.add(["‘\(left.token)’ is nowhere"])
    }
  }

  /// What the part of a resource contains; nothing where it has another owner.
  private func contents(
    _ part: String, of resource: DeclaredResource, in state: DeclaredState, mark: String
  ) -> Set<String> {
    let server = world.systems.server.now
    let owner = Owner(controller: World.owner, environment: mark, resource: resource.id)
    let name = resource.id.name
    let database =
      server.databases[resource.spec.of.flatMap { state[$0] }?.databaseName ?? resource.databaseName]
    switch resource.id.kind {
    case "Database": return database?.owner == owner ? database?.rows ?? [] : []
    case "Ledger": return database?.ledger.owners == [name] ? database?.ledger.entries ?? [] : []
    case "Scheduler":
      return database.map { Set($0.jobs.settings.keys) } == [name] ? database?.jobs.waiting ?? [] : []
    case "PriceMap":
      let credits = resource.spec.prices[part].map { Credits(micro: Int64($0) * 1_000_000) }
      guard database?.prices[name]?[part]?.credits == credits else { return [] }
      return Set([database?.priceHistory[name]?[part]].compactMap(\.self))
    case "BackupPolicy":
      guard let key = server.archive?.policy, key.hasPrefix("\(resource.spec.folder ?? "")/"),
        let repository = server.repositories[key], repository.owner == owner
      else { return [] }
      return repository.notes
    case "Service":
      guard let (engine, volume) = volume(part, of: resource, mark: mark) else { return [] }
      return engine.volumeContents[volume] ?? []
    default: return []
    }
  }

  /// The volume that the container of a service mounts for a part.
  private func volume(_ part: String, of resource: DeclaredResource, mark: String) -> (FakeEngine, String)? {
    let path = resource.spec.volumes[String(part.dropFirst("volume.".count))]
    for engine in world.systems.engines {
      for container in engine.observations
      where container.labels.resource == resource.id && container.labels.environment == mark
        && container.state == .running
      {
        let mounts = engine.request(for: container.name)?.mounts ?? [:]
        if let volume = mounts.first(where: { $0.value == path })?.key { return (engine, volume) }
      }
    }
    return nil
  }

  /// Databases, price maps and containers that the state does not declare, or declares in vain.
  func strays(in state: DeclaredState) -> [String] {
    let server = world.systems.server.now
    var wrong: [String] = []
    let declared = state.all.filter { $0.id.kind == "Database" }
    let names = Set(declared.map(\.databaseName)).union(["wiki", "next"])
    if Set(server.databases.keys) != names {
      wrong.append("databases are \(server.databases.keys.sorted()) instead of \(names.sorted())")
    }
    for database in declared {
      let maps = state.all.filter { $0.id.kind == "PriceMap" && $0.spec.of == database.id }
      let wanted = Dictionary(uniqueKeysWithValues: maps.map { ($0.id.name, $0.spec.prices.keys.sorted()) })
      let found = (server.databases[database.databaseName]?.prices ?? [:]).mapValues { $0.keys.sorted() }
      if found != wanted { wrong.append("prices in \(database.id) are \(found) instead of \(wanted)") }
    }
    let environments: Set = [state.environment, "next", "elsewhere"]
    if Set(server.environments.keys) != environments {
      wrong.append("environments are \(server.environments.keys.sorted())")
    }
    let containers = world.systems.engines.flatMap(\.observations).filter {
      $0.labels.environment == World.environment && !World.foreignNames.contains($0.name)
    }
    let running = containers.map(\.labels.resource).sorted()
    let wanted = state.all.map(\.id).filter { ["Service", "Module"].contains($0.kind) }
    if running != wanted { wrong.append("containers of \(running) run instead of \(wanted)") }
    return wrong
  }

  /// Databases that the records do not give to the resource that declares them.
  func wrongHoldings(in state: DeclaredState) async throws(StoreError) -> [String] {
    let holdings = try await world.store.ownership().holdings
    return state.all.filter { $0.id.kind == "Database" }.compactMap { database in
      let thing = Thing.database(.embedded(database: database.databaseName))
      let found = holdings.overlapping(thing).map { "\($0.resource) of \($0.environment)" }
      return found == ["\(database.id) of \(state.environment)"] ? nil : "\(thing) belongs to \(found)"
    }
  }
}
