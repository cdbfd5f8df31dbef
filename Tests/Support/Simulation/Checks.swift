import Billing
import ContainerFakes
import ContainerSupport
import Databases
import Delivery
import Ledger
import Manifests
import Model
import Modules
import Nodes
import Reconciling
import ReconcilingSupport
import Recovery
import Services

/// Conditions that must hold once a world had time to converge.
struct Checks {
  let world: World
  let desired: DesiredState

  /// The resources that are not ready according to the controller's own records; empty once all are ready.
  func unready() async -> [String] {
    let store = world.store
    guard let latest = try? await store.latestRevision(of: World.environment),
      let statuses = try? await store.statuses(of: World.environment),
      let inventory = try? await store.inventory(of: World.environment, knowing: [])
    else { return ["the store does not answer"] }
    guard latest.manifestDigest == desired.digest else {
      return ["revision \(latest.number) differs from the manifests"]
    }
    var late: [String] = []
    for resource in desired.resources {
      guard let status = statuses[resource.id] else {
        late.append("\(resource.id) has no status")
        continue
      }
      if !status.isReady || status.revision < latest.number {
        late.append(
          "\(resource.id) at revision \(status.revision) of \(latest.number): \(Checks.text(of: status))")
      }
    }
    for id in Set(inventory.keys).union(statuses.keys).sorted() where desired[id] == nil {
      late.append("\(id) still exists: \(statuses[id].map(Checks.text) ?? "no status")")
    }
    return late
  }

  /// Whether a guard blocks a resource.
  func isBlockedByGuard() async -> Bool {
    let statuses = (try? await world.store.statuses(of: World.environment)) ?? [:]
    return statuses.values.contains(where: \.isGuarded)
  }

  /// The databases that wait for a backup of their ledger.
  func databasesWithMissingLedgers() async -> [String] {
    let statuses = (try? await world.store.statuses(of: World.environment)) ?? [:]
    return desired.resources.compactMap { resource in
      let isMissing = statuses[resource.id]?.condition(.degraded)?.reason == .booksMissing
      return isMissing ? (resource.spec as? LedgerSpec)?.database.id.name : nil
    }
  }

  /// The ledgers that are not the recorded ones.
  func exchangedLedgers() async -> [String] {
    let recorded = (try? await world.store.ownership().identities[World.environment]) ?? [:]
    let databases = world.systems.server.now.databases
    return desired.resources.compactMap { resource in
      guard let spec = resource.spec as? LedgerSpec else { return nil }
      let (ledger, identity) = (databases[spec.database.id.name]?.ledger, recorded[resource.id])
      return ledger?.id == identity?.id
        ? nil : "\(resource.id) is \(ledger?.id ?? "absent") and recorded as \(identity?.id ?? "absent")"
    }
  }

  static func text(of status: ResourceStatus) -> String {
    status.conditions.filter(\.status).map { "\($0.type.rawValue) \($0.reason.rawValue) \($0.message)" }
      .joined(separator: ", ")
  }

  /// Differences between the manifests and the world itself, independent of the controller's records.
  func differences() -> [String] {
    fakes() + server() + schedulers() + backups() + containers() + nodes() + world.foreignDamage
  }

  private func fakes() -> [String] {
    let wanted = Dictionary(
      uniqueKeysWithValues: desired.resources.compactMap { resource in
        (resource.spec as? FakeSpec).map {
          (resource.id, FakeResources.Entry(number: $0.number, needs: $0.needs))
        }
      })
    let found = world.systems.fakes.all
    return Set(wanted.keys).union(found.keys).sorted().compactMap { id in
      guard wanted[id]?.number != found[id]?.number else { return nil }
      return "\(id) is \(found[id].map { "\($0.number)" } ?? "absent") instead of "
        + (wanted[id].map { "\($0.number)" } ?? "absent")
    }
  }

  private func server() -> [String] {
    let now = world.systems.server.now
    var wrong: [String] = []
    var databases: Set<String> = ["wiki"]
    var roles: [String: SimulatedServer.Role] = [:]
    var prices: [String: [String: [PriceEntry]]] = [:]
    var environments: Set<String> = ["elsewhere"]
    for resource in desired.resources {
      if let spec = resource.spec as? DatabaseSpec {
        databases.insert(resource.id.name)
        let count = now.databases[resource.id.name]?.migrations.count ?? 0
        if count != 3 { wrong.append("\(resource.id) has \(count) migrations") }
        for role in spec.roles {
          roles[role.name] = SimulatedServer.Role(
            madeBy: World.mark(of: resource.id), canLogin: role.login, grants: [resource.id.name: role.access]
          )
        }
      } else if let spec = resource.spec as? PriceMapSpec {
        prices[spec.database.id.name, default: [:]][resource.id.name] = spec.entries
      } else if let spec = resource.spec as? LedgerSpec {
        wrong += ledger(of: resource.id, spec, now.databases[spec.database.id.name]?.ledger)
      } else if let spec = resource.spec as? EnvironmentSpec {
        environments.insert(resource.id.name)
        if now.environments[resource.id.name] != spec.value.json { wrong.append("\(resource.id) differs") }
      }
    }
    if Set(now.databases.keys) != databases { wrong.append("databases are \(now.databases.keys.sorted())") }
    if Set(now.environments.keys) != environments {
      wrong.append("environments are \(now.environments.keys.sorted())")
    }
    for name in Set(now.roles.keys).union(roles.keys).sorted() where name != "bob" {
      if now.roles[name] != roles[name] {
        wrong.append("role \(name) is \(now.roles[name].map { "\($0)" } ?? "absent")")
      }
    }
    for (name, database) in now.databases.sorted(by: { $0.key < $1.key }) {
      let found = database.prices.mapValues { $0.values.sorted { $0.priceID < $1.priceID } }
      if found != prices[name] ?? [:] { wrong.append("price maps in \(name) are \(found.keys.sorted())") }
    }
    return wrong
  }

  private func ledger(of id: ResourceID, _ spec: LedgerSpec, _ ledger: SimulatedServer.LedgerState?)
    -> [String]
  {
    guard let ledger else { return ["\(id) has no ledger"] }
    var wrong: [String] = []
    if ledger.owners != [id.name] { wrong.append("\(id) shares its ledger: \(ledger.owners.sorted())") }
    if ledger.rules.last != spec.rules(version: Int64(ledger.rules.count)) {
      wrong.append("\(id) has different rules")
    }
    if !ledger.isGuarded || ledger.overdueHolds > 0 {
      wrong.append("the ledger of \(id) is unguarded or has overdue holds")
    }
    return wrong
  }

  private func backups() -> [String] {
    let now = world.systems.server.now
    let archive = now.archive
    let policy = desired.resources.first { $0.spec is BackupPolicySpec }
    guard let policy, let spec = policy.spec as? BackupPolicySpec else {
      // An archive that was configured by hand stays once no policy is left.
      return archive?.policy == nil ? [] : ["the archive of \(archive?.policy ?? "") is still enabled"]
    }
    // A renamed policy keeps the stanza of its former name.
    let owner = archive?.policy.flatMap { now.repositories[$0]?.owner }
    return owner == World.mark(of: policy.id) && archive?.timeoutSeconds == spec.archiveTimeoutSeconds
      ? [] : ["the archive of \(owner.map { "\($0)" } ?? "no policy") is \(archive.map { "\($0)" } ?? "off")"]
  }

  private func containers() -> [String] {
    var wanted: [String: (count: Int, image: String)] = [:]
    for resource in desired.resources {
      if let spec = resource.spec as? ServiceSpec {
        wanted["\(resource.id)"] = (1, spec.image.pullReference)
      } else if let spec = resource.spec as? ModuleSpec {
        wanted["\(resource.id)"] = (spec.placement.replicas, spec.image.pullReference)
      }
    }
    var wrong: [String] = []
    let own = world.systems.engines.flatMap(\.observations).filter {
      !World.foreignNames.contains($0.name)
    }
    let found = Dictionary(grouping: own) { $0.labels.resource.description }
    for id in Set(wanted.keys).union(found.keys).sorted() {
      let containers = found[id] ?? []
      if containers.count != wanted[id]?.count ?? 0 {
        wrong.append(
          "\(id) has \(containers.count) containers instead of \(wanted[id]?.count ?? 0): "
            + containers.map(\.name).sorted().joined(separator: " "))
      }
      if Set(containers.map(\.labels.replica)).count != containers.count {
        wrong.append("\(id) has a duplicate replica")
      }
      for container in containers.sorted(by: { $0.name < $1.name })
      where container.state != .running || container.image != wanted[id]?.image {
        wrong.append("\(container.name) is \(container.state) from \(container.image)")
      }
    }
    return wrong
  }

  private func nodes() -> [String] {
    var wanted: [Set<String>] = [[], []]
    for resource in desired.resources {
      guard let spec = resource.spec as? NodeSpec else { continue }
      let index = if case .socket = spec.engine { 1 } else { 0 }
      wanted[index].insert("rt_\(World.owner)_\(World.environment)_node_\(resource.id.name)")
    }
    return world.systems.engines.enumerated().compactMap { index, engine in
      let found = Set(engine.volumeLabels.keys.filter { $0.contains("_node_") })
      return found == wanted[index] ? nil : "nodes on engine \(index + 1) are \(found.sorted())"
    }
  }

  /// Problems of the stored records: open intents and secrets. Only valid once no process runs.
  func records() async -> [String] {
    var wrong: [String] = []
    let journal = (try? await world.store.journal(of: World.environment, id: nil, limit: .max)) ?? []
    for entry in journal where entry.outcome == nil {
      wrong.append("\(entry.intent.step.resource) has an intent without outcome: \(entry.intent.summary)")
    }
    let events = (try? await world.store.events(of: World.environment, id: nil, limit: .max)) ?? []
    let statuses = (try? await world.store.statuses(of: World.environment)) ?? [:]
    let texts =
      journal.map { "\($0)" } + events.map(\.message)
      + statuses.values.flatMap { $0.conditions.map(\.message) }
    if texts.contains(where: { world.containsSecret($0) }) {
      wrong.append("a stored record contains a secret")
    }
    return wrong
  }
}
