import ContainerFakes
import ContainerSupport
import Databases
import Ledger
import Model
import Placement
import SchedulerKind

// What is in the world before the program, and what people do behind its back.

extension World {
  static let foreignNames = ["wiki", "rt-sim-service-foreign"]

  /// Puts things there that belong to others.
  func prepareSystems() {
    for engine in systems.engines {
      for name in World.foreignNames { engine.addUnmanaged(name) }
      for kind in ["service", "module"] {
        engine.makeUnhealthy(.sample(kind, tag: World.sickTag))
      }
    }
    systems.server.change { state in
      state.databases["wiki"] = SimulatedServer.Database()
      state.roles["bob"] = SimulatedServer.Role(madeBy: nil, canLogin: true, grants: ["wiki": .write])
      state.environments["elsewhere"] = "{}"
    }
    let gated = fate.roll { random in
      random.percent(20) ? [ResourceID(kind: "Fake", name: "r5"): ResourceID(kind: "Fake", name: "r2")] : [:]
    }
    systems.things.setGates(gated)
  }

  /// What was touched of others' things.
  var foreignDamage: [String] {
    var damage: [String] = []
    for (number, engine) in systems.engines.enumerated() {
      for name in World.foreignNames where !engine.running.contains(name) {
        damage.append("container \(name) of others on engine \(number + 1) is gone")
      }
    }
    let now = systems.server.now
    if now.databases["wiki"] != SimulatedServer.Database() { damage.append("database wiki was touched") }
    if now.roles["bob"]?.grants != ["wiki": .write] { damage.append("role bob was touched") }
    if now.environments["elsewhere"] != "{}" { damage.append("environment elsewhere was touched") }
    return damage
  }

  /// Changes something behind the controller's back; returns what.
  func meddle(_ random: inout SeededRandom) -> String? {
    switch random.int(1...10) {
    case 1...3: meddleWithThings(&random)
    case 4...6: meddleWithContainers(&random)
    case 7...9: meddleWithServer(&random)
    default: meddleWithNodes(&random)
    }
  }

  private func meddleWithThings(_ random: inout SeededRandom) -> String? {
    guard let id = random.pick(systems.things.all.keys.sorted()), var thing = systems.things.all[id] else {
      return nil
    }
    if random.percent(50) {
      systems.things.put(id, nil)
      return "deletes \(id)"
    }
    thing.number = 99
    systems.things.put(id, thing)
    return "changes \(id)"
  }

  private func meddleWithContainers(_ random: inout SeededRandom) -> String? {
    guard let engine = random.pick(systems.engines) else { return nil }
    let own = engine.observations.filter { !World.foreignNames.contains($0.name) }
    guard let container = random.pick(own) else { return nil }
    let isTold = random.percent(70)
    defer { if isTold { engine.tell(container.labels.resource) } }
    switch random.int(1...4) {
    case 1:
      engine.removeOutOfBand(container.name)
      return "removes container \(container.name)"
    case 2:
      engine.changeOutOfBand(container.name) { $0.state = .exited(137) }
      return "stops container \(container.name)"
    case 3:
      engine.changeOutOfBand(container.name) { $0.state = .paused }
      return "pauses container \(container.name)"
    default:
      engine.changeOutOfBand(container.name) { $0.limits.pids = 7 }
      return "changes limits of container \(container.name)"
    }
  }

  private func meddleWithServer(_ random: inout SeededRandom) -> String? {
    let now = systems.server.now
    let databases = now.databases.keys.filter { $0 != "wiki" }.sorted()
    let roles = now.roles.keys.filter { $0 != "bob" }.sorted()
    let (database, role) = (random.pick(databases), random.pick(roles))
    let choice = random.int(1...11)
    return systems.server.change { state in
      switch choice {
      case 1:
        guard let database else { return nil }
        state.databases[database] = nil
        for role in state.roles.keys { state.roles[role]?.grants[database] = nil }
        return "drops database \(database)"
      case 2:
        guard let role else { return nil }
        state.roles[role] = nil
        return "drops role \(role)"
      case 3:
        guard let role else { return nil }
        state.roles[role]?.grants = [:]
        return "revokes what role \(role) may"
      case 4:
        guard let database, let map = state.databases[database]?.prices.keys.min() else { return nil }
        state.databases[database]?.prices[map] = nil
        return "deletes the prices of \(map)"
      case 5:
        guard state.archive != nil else { return nil }
        state.archive = nil
        return "turns the archive off"
      case 6:
        guard state.archive != nil else { return nil }
        state.archive = SimulatedServer.Archive(policy: nil, timeoutSeconds: 60)
        return "archives elsewhere"
      case 7:
        guard let database, state.databases[database]?.hasBooks == true else { return nil }
        state.databases[database]?.books.isGuarded = false
        state.databases[database]?.books.overdueHolds += 1
        return "takes the guard off the books in \(database)"
      case 8:
        guard let database, let rules = state.databases[database]?.books.rules.last else { return nil }
        state.databases[database]?.books.record(
          LedgerRules(
            version: 0, platform: rules.platform, gpuMinute: Credits(micro: 1), cpuMinute: rules.cpuMinute,
            tiers: rules.tiers))
        return "writes rules into the books in \(database)"
      case 9:
        guard let database, let name = state.databases[database]?.jobs.settings.keys.min() else { return nil }
        state.databases[database]?.jobs.settings[name]?.scheduling.latencyWeight = 1
        return "tells schedulers in \(database) another weight"
      case 10:
        guard let database, let node = state.databases[database]?.jobs.nodes.keys.min() else { return nil }
        state.databases[database]?.jobs.nodes[node]?.isRetired.toggle()
        state.databases[database]?.jobs.modules = [:]
        return "changes what schedulers in \(database) know"
      default:
        guard state.environments["dev"] != nil else { return nil }
        state.environments["dev"] = "{\"edited\":true}"
        return "edits environment dev"
      }
    }
  }

  private func meddleWithNodes(_ random: inout SeededRandom) -> String? {
    guard let engine = random.pick(systems.engines),
      let volume = random.pick(engine.volumeLabels.keys.filter { $0.contains("-node-") }.sorted())
    else { return nil }
    engine.removeVolumeOutOfBand(volume)
    return "removes volume \(volume)"
  }
}
