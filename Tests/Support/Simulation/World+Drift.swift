import ContainerFakes
import ContainerSupport
import Databases
import Ledger
import Model
import Placement
import RandomSupport
import SchedulerKind

// Foreign resources that exist before the controller starts, and drift that is introduced behind its back.

extension World {
  static let foreignNames = ["wiki", "rt_sim_dev_service_foreign"]

  /// Creates the foreign resources.
  func prepareSystems() {
    for engine in systems.engines {
      for name in World.foreignNames { engine.addUnmanaged(name) }
      for kind in ["service", "module"] {
        engine.makeUnhealthy(.sample(kind, tag: World.unhealthyTag))
      }
    }
    systems.server.change { state in
      state.databases["wiki"] = SimulatedServer.Database()
      state.roles["bob"] = SimulatedServer.Role(madeBy: nil, canLogin: true, grants: ["wiki": .write])
      state.environments["elsewhere"] = "{}"
    }
    let gates = scenarioRandom.draw { random in
      random.percent(20) ? [ResourceID(kind: "Fake", name: "r5"): ResourceID(kind: "Fake", name: "r2")] : [:]
    }
    systems.fakes.setGates(gates)
  }

  /// Foreign resources that were changed.
  var foreignDamage: [String] {
    var damage: [String] = []
    for (number, engine) in systems.engines.enumerated() {
      for name in World.foreignNames where !engine.running.contains(name) {
        damage.append("foreign container \(name) on engine \(number + 1) is missing")
      }
    }
    let now = systems.server.now
    if now.databases["wiki"] != SimulatedServer.Database() {
      damage.append("foreign database wiki was changed")
    }
    if now.roles["bob"]?.grants != ["wiki": .write] { damage.append("foreign role bob was changed") }
    if now.environments["elsewhere"] != "{}" { damage.append("foreign environment elsewhere was changed") }
    return damage
  }

  /// Changes a managed resource behind the controller's back. Returns a description, or nil when nothing was
  /// changed.
  func introduceDrift(_ random: inout SeededRandom) -> String? {
    switch random.int(1...10) {
    case 1...3: driftFakes(&random)
    case 4...6: driftContainers(&random)
    case 7...9: driftServer(&random)
    default: driftNodes(&random)
    }
  }

  private func driftFakes(_ random: inout SeededRandom) -> String? {
    guard let id = random.pick(systems.fakes.all.keys.sorted()), var entry = systems.fakes.all[id] else {
      return nil
    }
    if random.percent(50) {
      systems.fakes.put(id, nil)
      return "deletes \(id)"
    }
    entry.number = 99
    systems.fakes.put(id, entry)
    return "changes \(id)"
  }

  private func driftContainers(_ random: inout SeededRandom) -> String? {
    guard let engine = random.pick(systems.engines) else { return nil }
    let own = engine.observations.filter { !World.foreignNames.contains($0.name) }
    guard let container = random.pick(own) else { return nil }
    let isNotified = random.percent(70)
    defer { if isNotified { engine.notifyWatchers(container.labels.resource) } }
    switch random.int(1...8) {
    case 1:
      engine.removeOutOfBand(container.name)
      return "removes container \(container.name)"
    case 2:
      engine.changeOutOfBand(container.name) { $0.state = .exited(137) }
      return "stops container \(container.name)"
    case 3:
      engine.changeOutOfBand(container.name) { $0.state = .paused }
      return "pauses container \(container.name)"
    case 4:
      engine.changeOutOfBand(container.name) { $0.shape?.shape.networks = [] }
      return "disconnects container \(container.name)"
    case 5:
      engine.changeOutOfBand(container.name) { $0.shape?.shape.networks.insert("backend") }
      return "connects container \(container.name) to another network"
    case 6:
      engine.changeOutOfBand(container.name) {
        $0.shape?.shape.restart = "no"
        $0.shape?.shape.swap = .unlimited
      }
      return "changes swap and restart policy of container \(container.name)"
    case 7:
      engine.changeOutOfBand(container.name) { $0.shape?.shape.addedCapabilities.insert("SYS_ADMIN") }
      return "creates container \(container.name) again with a capability"
    default:
      engine.changeOutOfBand(container.name) { $0.limits.pids = 7 }
      return "changes limits of container \(container.name)"
    }
  }

  private func driftServer(_ random: inout SeededRandom) -> String? {
    let now = systems.server.now
    let databases = now.databases.keys.filter { $0 != "wiki" }.sorted()
    let roles = now.roles.keys.filter { $0 != "bob" }.sorted()
    let (database, role) = (random.pick(databases), random.pick(roles))
    let choice = random.int(1...13)
    return systems.server.change { state in
      switch choice {
      case 1:
        guard let database, let dropped = state.databases.removeValue(forKey: database) else { return nil }
        if !dropped.ledger.entries.isEmpty { state.lost[database] = dropped }
        for role in state.roles.keys { state.roles[role]?.grants[database] = nil }
        return "drops database \(database)"
      case 2:
        guard let role else { return nil }
        state.roles[role] = nil
        return "drops role \(role)"
      case 3:
        guard let role else { return nil }
        state.roles[role]?.grants = [:]
        return "revokes the grants of role \(role)"
      case 4:
        guard let database, let map = state.databases[database]?.prices.keys.min() else { return nil }
        state.databases[database]?.prices[map] = nil
        return "deletes the prices of \(map)"
      case 5:
        guard state.archive != nil else { return nil }
        state.archive = nil
        return "disables the archive"
      case 6:
        guard state.archive != nil else { return nil }
        state.archive = SimulatedServer.Archive(policy: nil, timeoutSeconds: 60)
        return "replaces the archive command"
      case 7:
        guard let database, state.databases[database]?.hasLedger == true else { return nil }
        state.databases[database]?.ledger.isGuarded = false
        state.databases[database]?.ledger.overdueHolds += 1
        return "removes the guard of the ledger in \(database)"
      case 8:
        guard let database, let rules = state.databases[database]?.ledger.rules.last else { return nil }
        state.databases[database]?.ledger.record(
          LedgerRules(
            version: 0, platform: rules.platform, gpuMinute: Credits(micro: 1), cpuMinute: rules.cpuMinute,
            tiers: rules.tiers))
        return "changes the rules of the ledger in \(database)"
      case 9:
        guard let database, let name = state.databases[database]?.jobs.settings.keys.min() else { return nil }
        state.databases[database]?.jobs.settings[name]?.scheduling.latencyWeight = 1
        return "changes the scheduler settings in \(database)"
      case 10:
        guard let database, let node = state.databases[database]?.jobs.nodes.keys.min() else { return nil }
        state.databases[database]?.jobs.nodes[node]?.isRetired.toggle()
        state.databases[database]?.jobs.modules = [:]
        return "changes the scheduler nodes and modules in \(database)"
      case 11, 12:
        guard let database, var ledger = state.databases[database]?.ledger, !ledger.owners.isEmpty else {
          return nil
        }
        ledger.entries.insert("entry \(ledger.entries.count)")
        state.databases[database]?.ledger = ledger
        return "grants credits in \(database)"
      default:
        guard state.environments["dev"] != nil else { return nil }
        state.environments["dev"] = "{\"edited\":true}"
        return "edits environment dev"
      }
    }
  }

  /// Puts lost databases back as they were, as an operator does who restores their backups.
  func restoreBackups(of databases: [String]) {
    systems.server.change { state in
      for name in databases {
        guard let lost = state.lost[name], state.databases[name]?.ledger.id != lost.ledger.id else {
          continue
        }
        log("restores database \(name)")
        state.databases[name] = lost
      }
    }
  }

  private func driftNodes(_ random: inout SeededRandom) -> String? {
    guard let engine = random.pick(systems.engines),
      let volume = random.pick(engine.volumeLabels.keys.filter { $0.contains("_node_") }.sorted())
    else { return nil }
    engine.removeVolumeOutOfBand(volume)
    return "removes volume \(volume)"
  }
}
