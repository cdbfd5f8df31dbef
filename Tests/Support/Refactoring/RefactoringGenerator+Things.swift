import Model
import RandomSupport

// Things that change their resource, and resources that change their thing.

extension RefactoringGenerator {
  mutating func swap() -> String? {
    switch random.int(1...5) {
    case 1...2: swapDatabases()
    case 3: swapPrices()
    case 4: swapMounts()
    default: Self.exchangesPorts ? swapPorts() : swapNodes()
    }
  }

  /// Exchanges the databases of two resources. What is in them either stays with its database or with the
  /// resource that it names, which only price maps can.
  private mutating func swapDatabases() -> String? {
    let all = untouched("Database").filter { $0.spec.database != nil && hasUntouchedReferrers($0.id) }
    guard let first = random.pick(all), let second = random.pick(all.filter { $0.id != first.id }) else {
      return nil
    }
    touch([first.id, second.id])
    for (resource, other) in [(first, second), (second, first)] {
      result.after[resource.id]?.spec.database = other.spec.database
      result.after[resource.id]?.data = other.data
    }
    for referrer in result.after.referrers(of: first.id) + result.after.referrers(of: second.id) {
      touch([referrer.id])
      guard referrer.spec.of != nil else { continue }
      result.after[referrer.id]?.spec.of = referrer.spec.of == first.id ? second.id : first.id
    }
    return "swap the databases of \(first.id) and \(second.id)"
  }

  private mutating func swapPrices() -> String? {
    let maps = untouched("PriceMap")
    guard maps.count == 2, Self.exchangesPrices || maps[0].spec.of != maps[1].spec.of else { return nil }
    touch(maps.map(\.id))
    for (map, other) in [(maps[0], maps[1]), (maps[1], maps[0])] {
      result.after[map.id]?.spec.prices = other.spec.prices
      result.after[map.id]?.data = [:]
    }
    return "swap the prices of \(maps[0].id) and \(maps[1].id)"
  }

  private mutating func swapMounts() -> String? {
    guard let service = random.pick(untouched("Service").filter { $0.spec.volumes.count == 2 }) else {
      return nil
    }
    touch([service.id])
    result.mayAsk.insert(.statefulReplace)
    result.after[service.id]?.spec.volumes["data"] = service.spec.volumes["logs"]
    result.after[service.id]?.spec.volumes["logs"] = service.spec.volumes["data"]
    return "swap the mount paths of \(service.id)"
  }

  private mutating func swapPorts() -> String? {
    let services = untouched("Service").filter { !$0.spec.ports.isEmpty }
    guard services.count == 2 else { return nil }
    touch(services.map(\.id))
    result.mayAsk.insert(.statefulReplace)
    result.after[services[0].id]?.spec.ports = services[1].spec.ports
    result.after[services[1].id]?.spec.ports = services[0].spec.ports
    return "swap the ports of \(services[0].id) and \(services[1].id)"
  }

  /// Exchanges the nodes of two services, or gives one of them another node.
  private mutating func swapNodes() -> String? {
    let services = untouched("Service").filter { $0.spec.ports.isEmpty }
    guard services.count == 2, services[0].spec.node != services[1].spec.node else { return nil }
    for (service, other) in [(services[0], services[1]), (services[1], services[0])] {
      place(service, on: other.spec.node)
    }
    return "swap the nodes of \(services[0].id) and \(services[1].id)"
  }

  /// Volumes stay on their engine.
  private mutating func place(_ service: DeclaredResource, on node: ResourceID?) {
    touch([service.id])
    result.mayAsk.insert(.statefulReplace)
    if engine(service.spec.node) != engine(node) {
      for part in service.data.keys.sorted() { result.after.leave(part, of: service.id) }
    }
    result.after[service.id]?.spec.node = node
  }

  private func engine(_ node: ResourceID?) -> Int { node.flatMap { result.after[$0]?.spec.engine } ?? 0 }

  mutating func move() -> String? {
    switch random.int(1...5) {
    case 1: writeDatabaseName()
    case 2: movePrices()
    case 3: moveRepository()
    case 4: moveService()
    default: movePolicy()
    }
  }

  /// A database whose name was that of its resource: the manifest writes it.
  private mutating func writeDatabaseName() -> String? {
    guard let database = random.pick(untouched("Database").filter { $0.spec.database == nil }) else {
      return nil
    }
    touch([database.id])
    result.after[database.id]?.spec.database = database.id.name
    return "write the name of \(database.id)"
  }

  private mutating func movePrices() -> String? {
    guard let map = random.pick(untouched("PriceMap")),
      let database = random.pick(untouched("Database").map(\.id).filter { $0 != map.spec.of })
    else { return nil }
    touch([map.id, database] + (map.spec.of.map { [$0] } ?? []))
    result.after[map.id]?.spec.of = database
    result.after[map.id]?.data = [:]
    return "move \(map.id) to \(database)"
  }

  private mutating func moveRepository() -> String? {
    guard let policy = random.pick(untouched("BackupPolicy")) else { return nil }
    touch([policy.id])
    result.after.leave("backups", of: policy.id)
    let folder = "other/\(result.after.environment)"
    result.after[policy.id]?.spec.folder = folder
    return "give \(policy.id) another folder"
  }

  private mutating func movePolicy() -> String? {
    guard let policy = random.pick(untouched("BackupPolicy")),
      let database = random.pick(untouched("Database").map(\.id).filter { $0 != policy.spec.of })
    else { return nil }
    touch([policy.id, database] + (policy.spec.of.map { [$0] } ?? []))
    result.after[policy.id]?.spec.of = database
    return "let \(policy.id) name \(database)"
  }

  private mutating func moveService() -> String? {
    let nodes: [ResourceID?] = untouched("Node").map(\.id) + [nil]
    guard let service = random.pick(untouched("Service")),
      let node = random.pick(nodes.filter { $0 != service.spec.node })
    else { return nil }
    touch([node, service.spec.node].compactMap(\.self))
    place(service, on: node)
    return "run \(service.id) on \(node.map { "\($0)" } ?? "the controller's engine")"
  }
}
