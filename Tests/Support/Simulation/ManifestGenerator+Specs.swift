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
import RandomSupport
import ReconcilingSupport
import Recovery
import SchedulerKind
import Services

// The specs that the generator draws for each kind.

extension ManifestGenerator {
  mutating func put(_ id: ResourceID, _ random: inout SeededRandom) {
    switch id.kind {
    case "Database": add(id, database(id, &random), &random)
    case "Node": add(id, node(id, &random), labels: ["zone": random.pick(["a", "b"]) ?? "a"], &random)
    case "PriceMap": add(id, priceMap(&random), &random)
    case "Ledger": add(id, ledger(id, &random), &random)
    case "Scheduler": add(id, scheduler(id, &random), &random)
    case "BackupPolicy": add(id, backupPolicy(&random), &random)
    case "Environment":
      var spec = EnvironmentSpec()
      spec.mockGPUs = true
      spec.variables = ["stage": "s\(random.int(1...4))"]
      add(id, spec, &random)
    case "Service": add(id, service(&random), &random)
    case "Module": add(id, module(&random), &random)
    default: add(id, fake(id, &random), &random)
    }
  }

  private func database(_ id: ResourceID, _ random: inout SeededRandom) -> DatabaseSpec {
    var spec = DatabaseSpec()
    spec.embedded = EmbeddedServer()
    if allowsMistakes, random.percent(15) { spec.schema = .number(random.int(1...3)) }
    for suffix in ["app", "report"] where random.percent(50) {
      var role = RoleSpec()
      role.name = "\(id.name)_\(suffix)"
      role.access = random.percent(50) ? .read : .write
      role.login = random.percent(80)
      spec.roles.append(role)
    }
    return spec
  }

  private func node(_ id: ResourceID, _ random: inout SeededRandom) -> NodeSpec {
    var spec = NodeSpec()
    spec.owner = "account/ada"
    if id.name == "dev-2", let socket = UnixSocket(manifestText: "unix:///run/second.sock") {
      spec.engine = .socket(socket)
    }
    spec.cores = random.int(2...8)
    spec.schedulable = random.percent(85)
    return spec
  }

  private func priceMap(_ random: inout SeededRandom) -> PriceMapSpec {
    var spec = PriceMapSpec()
    for price in ["price_a", "price_b", "price_c", "price_d"] where random.percent(45) {
      var entry = PriceSpec()
      entry.credits = Credits(micro: Int64(random.int(1...5)) * 1_000_000)
      spec.prices[price] = entry
    }
    if spec.prices.isEmpty {
      var entry = PriceSpec()
      entry.credits = Credits(micro: 1_000_000)
      spec.prices["price_\(random.int(0...9))"] = entry
    }
    if random.percent(20) { spec.database = "Database/ledger" }
    return spec
  }

  /// A ledger never moves to another database.
  private func ledger(_ id: ResourceID, _ random: inout SeededRandom) -> LedgerSpec {
    var spec = LedgerSpec()
    spec.payouts.cpuMinute = Credits(micro: Int64(random.int(1...3)) * 100_000)
    if random.percent(30) { spec.platform = "treasury" }
    if id.name == "tokens" { spec.database = "Database/ledger" }
    return spec
  }

  /// A scheduler never moves to another database.
  private func scheduler(_ id: ResourceID, _ random: inout SeededRandom) -> SchedulerSpec {
    var spec = SchedulerSpec()
    spec.weights.latency = DecimalNumber(millionths: Int64(random.int(0...10)) * 100_000)
    spec.weights.earnings = DecimalNumber(millionths: 1_000_000 - spec.weights.latency.millionths)
    spec.retry.then = random.percent(50) ? .overflow : .fail
    if id.name == "second" { spec.database = "Database/ledger" }
    return spec
  }

  private func backupPolicy(_ random: inout SeededRandom) -> BackupPolicySpec {
    var spec = BackupPolicySpec()
    spec.rpo = TimeSpan(seconds: Int64(random.pick([300, 900, 3600]) ?? 900))
    if random.percent(30) { spec.schedule = CronSchedule("*/20 * * * *") ?? spec.schedule }
    var keep = KeepSpec()
    keep.full = random.int(1...3)
    spec.keep = keep
    return spec
  }

  private func image(_ name: String, _ random: inout SeededRandom) -> PinnedImage {
    let isUnhealthy = allowsMistakes && random.percent(12)
    return .sample(name, tag: isUnhealthy ? World.unhealthyTag : String(random.int(1...4)))
  }

  private func service(_ random: inout SeededRandom) -> ServiceSpec {
    var spec = ServiceSpec()
    spec.image = image("service", &random)
    spec.environment = ["LEVEL": .plain("debug")]
    if random.percent(60) {
      spec.environment["KEY"] = .secret(.environment(random.pick(World.secretNames) ?? "TOKEN"))
    }
    if random.percent(50) { spec.volumes = ["data": "/data"] }
    spec.limits.pids = Int64(random.int(1...3) * 100)
    if random.percent(40) {
      var health = HealthSettings()
      health.command = ["/bin/healthy"]
      health.within = TimeSpan(seconds: 5)
      spec.health = health
    }
    let nodes = resources.keys.filter { $0.kind == "Node" }.sorted()
    if random.percent(40), let node = random.pick(nodes) { spec.node = KindReference(node) }
    return spec
  }

  private func module(_ random: inout SeededRandom) -> ModuleSpec {
    var spec = ModuleSpec()
    spec.jobType = "echo"
    spec.image = image("module", &random)
    spec.developer = "account/ada"
    spec.environment["KEY"] = .secret(.environment(random.pick(World.secretNames) ?? "TOKEN"))
    spec.placement.replicas = random.int(0...3)
    if random.percent(40) { spec.placement.on = ["zone": random.pick(["a", "b"]) ?? "a"] }
    if random.percent(50) { spec.serves = .http(ModuleHTTP()) }
    return spec
  }

  private func fake(_ id: ResourceID, _ random: inout SeededRandom) -> FakeSpec {
    let earlier = resources.keys.filter { $0.kind == "Fake" && $0.name < id.name }.sorted()
    let needs = (0..<2).compactMap { _ in random.percent(50) ? random.pick(earlier) : nil }
    return FakeSpec(random.int(0...3), needs: Set(needs).sorted())
  }
}

extension World {
  /// Containers of images with this tag run and never become healthy.
  static let unhealthyTag = "sick"
}
