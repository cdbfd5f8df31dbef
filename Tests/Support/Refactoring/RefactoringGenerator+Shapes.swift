import Model
import RandomSupport

// One resource becomes two, and two become one.

extension RefactoringGenerator {
  mutating func split() -> String? {
    switch random.int(1...5) {
    case 1: splitPrices()
    case 2: splitService()
    case 3: splitDatabase()
    case 4: copy("Module")
    default: copy("Fake")
    }
  }

  /// A new map gets a part of the prices, which are closed and written again.
  private mutating func splitPrices() -> String? {
    guard let map = random.pick(untouched("PriceMap").filter { $0.spec.prices.count > 1 }),
      let price = map.spec.prices.keys.max()
    else { return nil }
    var new = DeclaredResource("PriceMap", newName("PriceMap"))
    new.spec.of = map.spec.of
    new.spec.prices[price] = map.spec.prices[price]
    touch([map.id, new.id])
    result.after[map.id]?.spec.prices[price] = nil
    result.after.forget(price, of: map.id)
    result.after.put(new)
    return "split \(map.id): \(price) goes to \(new.id)"
  }

  /// A new service gets an empty volume of the name of one that the first service no longer declares.
  private mutating func splitService() -> String? {
    guard let service = random.pick(untouched("Service").filter { $0.spec.volumes["logs"] != nil }) else {
      return nil
    }
    var new = DeclaredResource("Service", newName("Service"))
    new.spec.volumes["logs"] = "/logs"
    new.spec.node = service.spec.node
    touch([service.id, new.id])
    result.mayAsk.insert(.statefulReplace)
    result.after[service.id]?.spec.volumes["logs"] = nil
    result.after.leave("volume.logs", of: service.id)
    result.after.put(new)
    return "split \(service.id): a volume goes to \(new.id)"
  }

  /// A price map gets a database of its own; the data stays with the first one.
  private mutating func splitDatabase() -> String? {
    guard let database = random.pick(untouched("Database")) else { return nil }
    var new = DeclaredResource("Database", newName("Database"))
    if random.percent(50) { new.spec.database = newDatabaseName() }
    touch([database.id, new.id])
    result.after.put(new)
    let map = random.pick(untouched("PriceMap").filter { $0.spec.of == database.id })
    if let map {
      touch([map.id])
      result.after[map.id]?.spec.of = new.id
      result.after[map.id]?.data = [:]
    }
    return "split \(database.id): \(map.map { "\($0.id)" } ?? "nothing") goes to \(new.id)"
  }

  private mutating func copy(_ kind: String) -> String? {
    guard let resource = random.pick(untouched(kind)) else { return nil }
    var new = DeclaredResource(kind, newName(kind), resource.spec)
    new.spec.number += 1
    touch([resource.id, new.id])
    result.after.put(new)
    return "split \(resource.id) into itself and \(new.id)"
  }

  mutating func merge() -> String? {
    switch random.int(1...4) {
    case 1: mergePrices()
    case 2: mergeServices()
    case 3: mergeDatabases()
    default: mergeNodes()
    }
  }

  private mutating func mergePrices() -> String? {
    let maps = untouched("PriceMap")
    guard maps.count == 2, keepDatabase(of: maps[1]) else { return nil }
    touch(maps.map(\.id))
    result.mayAsk.insert(.prune)
    for (price, credits) in maps[1].spec.prices { result.after[maps[0].id]?.spec.prices[price] = credits }
    result.after.remove(maps[1].id)
    return "merge \(maps[1].id) into \(maps[0].id)"
  }

  private mutating func mergeServices() -> String? {
    let services = untouched("Service")
    guard services.count == 2 else { return nil }
    touch(services.map(\.id))
    result.mayAsk.formUnion([.prune, .statefulReplace])
    if services[0].spec.volumes["data"] == nil {
      result.after[services[0].id]?.spec.volumes["data"] = "/data"
    }
    result.after.remove(services[1].id)
    return "merge \(services[1].id) into \(services[0].id)"
  }

  /// Removes one database with its rows, whose price maps and policies go to the other one.
  private mutating func mergeDatabases() -> String? {
    let all = untouched("Database").filter { hasUntouchedReferrers($0.id) }
    let gone = all.filter { database in
      result.after.referrers(of: database.id).allSatisfy { !["Ledger", "Scheduler"].contains($0.id.kind) }
    }
    guard let gone = random.pick(gone), let kept = random.pick(all.filter { $0.id != gone.id }) else {
      return nil
    }
    touch([gone.id, kept.id])
    result.mayAsk.insert(.prune)
    result.destroys.insert(gone.id)
    for referrer in result.after.referrers(of: gone.id) {
      touch([referrer.id])
      result.after[referrer.id]?.spec.follow(gone.id, to: kept.id)
      if referrer.id.kind == "PriceMap" { result.after[referrer.id]?.data = [:] }
    }
    result.after.remove(gone.id)
    return "merge \(gone.id) into \(kept.id)"
  }

  /// What ran on one node runs on the other one.
  private mutating func mergeNodes() -> String? {
    let nodes = untouched("Node").filter { hasUntouchedReferrers($0.id) }
    guard nodes.count == 2 else { return nil }
    touch(nodes.map(\.id))
    result.mayAsk.formUnion([.prune, .lastNode, .statefulReplace])
    let isSameEngine = nodes[0].spec.engine == nodes[1].spec.engine
    for referrer in result.after.referrers(of: nodes[1].id) {
      touch([referrer.id])
      if !isSameEngine {
        for part in referrer.data.keys.sorted() { result.after.leave(part, of: referrer.id) }
      }
      result.after[referrer.id]?.spec.follow(nodes[1].id, to: nodes[0].id)
    }
    result.after.remove(nodes[1].id)
    return "merge \(nodes[1].id) into \(nodes[0].id)"
  }
}
