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
import ReconcilingSupport
import Recovery
import SchedulerKind
import Services

/// The manifests of one moment, as their author changes them from revision to revision.
struct Blueprint: Sendable {
  private var resources: [ResourceID: AnyResource] = [:]
  /// Whether what never becomes ready may be written.
  private let allowsMistakes: Bool
  private let allowsModes: Bool

  private static let names: [(kind: String, names: [String])] = [
    ("Database", ["platform", "ledger"]), ("Node", ["dev-1", "dev-2", "dev-3"]),
    ("PriceMap", ["packs", "events", "promo"]), ("BackupPolicy", ["nightly", "hourly"]),
    ("Environment", ["dev"]), ("Service", ["grafana", "vault", "minio"]), ("Module", ["echo", "storyboard"]),
    ("Ledger", ["credits", "tokens"]), ("Scheduler", ["global", "second"]),
    ("Fake", (0..<7).map { "r\($0)" }),
  ]

  /// The first manifests of a world; `allowsModes`: some may be paused or only observed.
  init(_ random: inout SeededRandom, allowsModes: Bool) {
    allowsMistakes = true
    self.allowsModes = allowsModes
    for (kind, names) in Blueprint.names {
      for name in names where random.percent(55) { put(ResourceID(kind: kind, name: name), &random) }
    }
    settle(&random)
  }

  /// The same without mistakes, so that all of it can become ready.
  init(mending other: Blueprint, _ random: inout SeededRandom) {
    (allowsMistakes, allowsModes) = (false, false)
    resources = other.resources
    // Something that no revision had before, so that no rollback is the last word.
    put(ResourceID(kind: "Fake", name: "r9"), &random)
    for id in resources.keys.sorted() { put(id, &random) }
    settle(&random)
  }

  /// What a person commits next.
  mutating func change(_ random: inout SeededRandom) {
    for _ in 0..<random.int(1...4) {
      switch random.int(1...10) {
      case 1...4:
        let (kind, names) = random.pick(Blueprint.names) ?? ("Fake", ["r0"])
        put(ResourceID(kind: kind, name: random.pick(names) ?? "r0"), &random)
      case 5...6:
        if let id = random.pick(resources.keys.sorted()) { resources[id] = nil }
      default:
        if let id = random.pick(resources.keys.sorted()) { put(id, &random) }
      }
    }
    // Now and then somebody loses half of a folder.
    if allowsMistakes, random.percent(4) {
      for id in resources.keys.sorted() where random.percent(50) { resources[id] = nil }
    }
    settle(&random)
  }

  var desired: DesiredState {
    DesiredState(
      environment: World.environment, allowsMockGPUs: true, resources: Array(resources.values))
  }

  /// Takes away what refers to something that is not there, and what cannot stand beside something else.
  private mutating func settle(_ random: inout SeededRandom) {
    if !allowsMistakes {
      // A server has one archive.
      let policies = resources.keys.filter { $0.kind == "BackupPolicy" }.sorted()
      for id in policies.dropFirst() { resources[id] = nil }
      giveModulesANode(&random)
      separatePrices()
    }
    while let lost = resources.keys.sorted().first(where: { lacks($0) }) { resources[lost] = nil }
    for id in resources.keys.sorted() where id.kind == "Module" || id.kind == "PriceMap" { refer(id) }
    while let lost = resources.keys.sorted().first(where: { lacks($0) }) { resources[lost] = nil }
    for id in resources.keys.sorted() where id.kind == "Scheduler" { read(id) }
  }

  private func lacks(_ id: ResourceID) -> Bool {
    resources[id]?.references.contains { resources[$0.target] == nil } ?? false
  }
}

// MARK: - Kinds

extension Blueprint {
  private mutating func put(_ id: ResourceID, _ random: inout SeededRandom) {
    switch id.kind {
    case "Database": add(id, database(id, &random), &random)
    case "Node": add(id, node(id, &random), labels: ["zone": random.pick(["a", "b"]) ?? "a"], &random)
    case "PriceMap": add(id, prices(&random), &random)
    case "Ledger": add(id, ledger(id, &random), &random)
    case "Scheduler": add(id, scheduler(id, &random), &random)
    case "BackupPolicy": add(id, backups(&random), &random)
    case "Environment":
      var spec = EnvironmentSpec()
      spec.mockGPUs = true
      spec.variables = ["stage": "s\(random.int(1...4))"]
      add(id, spec, &random)
    case "Service": add(id, service(&random), &random)
    case "Module": add(id, module(&random), &random)
    default: add(id, thing(id, &random), &random)
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

  private func prices(_ random: inout SeededRandom) -> PriceMapSpec {
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

  /// Books stay in the database that they were opened in.
  private func ledger(_ id: ResourceID, _ random: inout SeededRandom) -> LedgerSpec {
    var spec = LedgerSpec()
    spec.payouts.cpuMinute = Credits(micro: Int64(random.int(1...3)) * 100_000)
    if random.percent(30) { spec.platform = "house" }
    if id.name == "tokens" { spec.database = "Database/ledger" }
    return spec
  }

  /// Jobs stay in their database.
  private func scheduler(_ id: ResourceID, _ random: inout SeededRandom) -> SchedulerSpec {
    var spec = SchedulerSpec()
    spec.weights.latency = DecimalNumber(millionths: Int64(random.int(0...10)) * 100_000)
    spec.weights.earnings = DecimalNumber(millionths: 1_000_000 - spec.weights.latency.millionths)
    spec.retry.then = random.percent(50) ? .overflow : .fail
    if id.name == "second" { spec.database = "Database/ledger" }
    return spec
  }

  private func backups(_ random: inout SeededRandom) -> BackupPolicySpec {
    var spec = BackupPolicySpec()
    spec.rpo = TimeSpan(seconds: Int64(random.pick([300, 900, 3600]) ?? 900))
    if random.percent(30) { spec.schedule = CronSchedule("*/20 * * * *") ?? spec.schedule }
    var keep = KeepSpec()
    keep.full = random.int(1...3)
    spec.keep = keep
    return spec
  }

  private func image(_ name: String, _ random: inout SeededRandom) -> PinnedImage {
    let isBad = allowsMistakes && random.percent(12)
    return .sample(name, tag: isBad ? World.sickTag : String(random.int(1...4)))
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

  private func thing(_ id: ResourceID, _ random: inout SeededRandom) -> FakeSpec {
    let earlier = resources.keys.filter { $0.kind == "Fake" && $0.name < id.name }.sorted()
    let needs = (0..<2).compactMap { _ in random.percent(50) ? random.pick(earlier) : nil }
    return FakeSpec(random.int(0...3), needs: Set(needs).sorted())
  }
}

// MARK: - References

extension Blueprint {
  private mutating func add<Spec: ResourceSpec>(
    _ id: ResourceID, _ spec: Spec, labels: [String: String] = [:], _ random: inout SeededRandom
  ) {
    var mode = ReconcileMode.enforce
    if allowsModes, !["Node", "Database"].contains(id.kind), random.percent(6) {
      mode = random.percent(50) ? .paused : .observe
    }
    let metadata = Metadata(labels: labels, mode: mode)
    resources[id] = AnyResource(
      id: id, metadata: metadata, spec: spec,
      references: Blueprint.targets(of: spec).map { Blueprint.reference($0) }, location: nil,
      digest: metadata.digest(with: spec.value))
  }

  private static func reference(_ target: ResourceID) -> Reference {
    Reference(target: target, path: "spec", location: nil)
  }

  /// What the spec itself names.
  private static func targets(of spec: some ResourceSpec) -> [ResourceID] {
    switch spec {
    case let spec as PriceMapSpec: [spec.database.id]
    case let spec as LedgerSpec: [spec.database.id]
    case let spec as SchedulerSpec: [spec.database.id]
    case let spec as BackupPolicySpec: [spec.of.id]
    case let spec as ServiceSpec: spec.node.map { [$0.id] } ?? []
    case let spec as ModuleSpec: spec.placement.nodes.map(\.id)
    case let spec as FakeSpec: spec.needs
    default: []
    }
  }

  /// Gives a resource the references that its selectors stand for.
  private mutating func refer(_ id: ResourceID) {
    guard let resource = resources[id], let spec = resource.spec as? ModuleSpec else { return }
    let nodes = resources.values.filter { node in
      node.id.kind == "Node" && spec.placement.on.allSatisfy { node.metadata.labels[$0.key] == $0.value }
    }
    let targets = nodes.map(\.id).sorted()
    let names = targets.map(\.description).joined(separator: " ")
    resources[id] = AnyResource(
      id: id, metadata: resource.metadata, spec: resource.spec,
      references: targets.map { Blueprint.reference($0) }, location: nil,
      digest: Digest(of: "\(spec.value.json) \(names)"))
  }

  /// Takes into the digest of a resource what its selectors only read.
  private mutating func read(_ id: ResourceID) {
    guard let resource = resources[id], let spec = resource.spec as? SchedulerSpec else { return }
    let kinds = Set(spec.selectors.map(\.kind))
    let others = resources.values.filter { kinds.contains($0.id.kind) }.sorted { $0.id < $1.id }
    let texts = others.map { "\($0.id) \($0.digest.hex)" }.joined(separator: " ")
    resources[id] = AnyResource(
      id: id, metadata: resource.metadata, spec: resource.spec, references: resource.references,
      location: nil, digest: Digest(of: "\(spec.value.json) \(texts)"))
  }

  /// A module that no schedulable node can take would wait for ever.
  private mutating func giveModulesANode(_ random: inout SeededRandom) {
    let open = resources.values.filter { ($0.spec as? NodeSpec)?.schedulable == true }
    for id in resources.keys.sorted() where id.kind == "Module" {
      guard let resource = resources[id], var spec = resource.spec as? ModuleSpec else { continue }
      guard !open.isEmpty else {
        resources[id] = nil
        continue
      }
      let fits = open.contains { node in
        spec.placement.on.allSatisfy { node.metadata.labels[$0.key] == $0.value }
      }
      guard !fits else { continue }
      spec.placement.on = [:]
      add(id, spec, &random)
    }
  }

  /// A price is in one map only.
  private mutating func separatePrices() {
    var taken: Set<String> = []
    for id in resources.keys.sorted() where id.kind == "PriceMap" {
      guard let resource = resources[id], var spec = resource.spec as? PriceMapSpec else { continue }
      spec.prices = spec.prices.filter { taken.insert($0.key).inserted }
      if spec.prices.isEmpty {
        resources[id] = nil
      } else {
        var random = SeededRandom(seed: 0)
        add(id, spec, &random)
      }
    }
  }
}

extension World {
  /// Images of this tag run and never work.
  static let sickTag = "sick"
}
