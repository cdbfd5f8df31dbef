package import RandomSupport

/// What the systems of a generated state provide.
package struct GeneratorLimits: Sendable {
  /// The number of engines that nodes can name.
  package var engines: Int
  /// Whether the kind `Fake` exists.
  package var hasFakes: Bool
  /// The first of the host ports that services may publish.
  package var firstPort: Int
  /// The share of states with a module and with a policy, which take long in real systems.
  package var slowPercent: Int

  package init(engines: Int, hasFakes: Bool, firstPort: Int, slowPercent: Int) {
    self.engines = engines
    self.hasFakes = hasFakes
    self.firstPort = firstPort
    self.slowPercent = slowPercent
  }
}

/// Generates valid states of few resources, in which every part with data contains a token.
package struct StateGenerator {
  private let limits: GeneratorLimits
  private var random: SeededRandom
  private var state: DeclaredState

  private init(_ environment: String, _ limits: GeneratorLimits, _ random: SeededRandom) {
    self.limits = limits
    self.random = random
    state = DeclaredState(environment: environment)
  }

  /// - Parameter environment: Part of the names of folders too, so that the states of one server do not meet.
  package static func state(
    of environment: String, _ limits: GeneratorLimits, _ random: inout SeededRandom
  ) -> DeclaredState {
    var generator = StateGenerator(environment, limits, random.fork())
    generator.fill()
    return generator.state
  }

  private mutating func fill() {
    var record = DeclaredResource("Environment", state.environment)
    record.spec.number = random.int(1...4)
    state.put(record)
    addDatabases()
    addNodes()
    addContainers()
    if limits.hasFakes { addFakes() }
    for resource in state.all {
      for part in resource.parts { state[resource.id]?.data[part] = "\(resource.id) \(part)" }
    }
  }

  private mutating func addDatabases() {
    let names = ["shop", "stock", "audit"].prefix(random.int(1...3))
    for (index, name) in names.enumerated() {
      var database = DeclaredResource("Database", name)
      if random.percent(55) { database.spec.database = "db_\(name)" }
      if random.percent(25) { database.spec.roles = ["app_\(name)"] }
      state.put(database)
      for (kind, name, share) in [("Ledger", "credits", 40), ("Scheduler", "global", 35)]
      where random.percent(share) {
        var resource = DeclaredResource(kind, "\(name)\(index)")
        resource.spec.of = database.id
        resource.spec.number = random.int(1...9)
        state.put(resource)
      }
    }
    let databases = state.of("Database")
    var prices = ["price_a", "price_b", "price_c", "price_d"][...]
    for name in ["packs", "events"] where random.percent(45) {
      var map = DeclaredResource("PriceMap", name)
      map.spec.of = random.pick(databases)?.id
      for price in prices.prefix(random.int(1...2)) { map.spec.prices[price] = random.int(1...5) }
      prices = prices.dropFirst(2)
      state.put(map)
    }
    if random.percent(limits.slowPercent) {
      var policy = DeclaredResource("BackupPolicy", "nightly")
      policy.spec.of = random.pick(databases)?.id
      policy.spec.folder = "backups/\(state.environment)"
      state.put(policy)
    }
  }

  private mutating func addNodes() {
    for index in 0..<random.int(0...2) {
      var node = DeclaredResource("Node", "dev-\(index + 1)")
      node.spec.engine = min(index, limits.engines - 1)
      state.put(node)
    }
  }

  private mutating func addContainers() {
    let nodes = state.of("Node").map(\.id)
    for (index, name) in ["web", "vault"].enumerated() where random.percent(45) {
      var service = DeclaredResource("Service", name)
      if random.percent(60) { service.spec.volumes["data"] = "/data" }
      if random.percent(25) { service.spec.volumes["logs"] = "/logs" }
      if random.percent(40) { service.spec.ports = [limits.firstPort + index] }
      if random.percent(35) { service.spec.node = random.pick(nodes) }
      state.put(service)
    }
    if !nodes.isEmpty, random.percent(limits.slowPercent) {
      var module = DeclaredResource("Module", "echo")
      if random.percent(50) { module.spec.node = random.pick(nodes) }
      state.put(module)
    }
  }

  private mutating func addFakes() {
    var earlier = state.of("Database").map(\.id)
    for name in ["r0", "r1", "r2"].prefix(random.int(0...3)) {
      var fake = DeclaredResource("Fake", name)
      fake.spec.number = random.int(0...3)
      if random.percent(50), let target = random.pick(earlier) { fake.spec.needs = [target] }
      state.put(fake)
      earlier.append(fake.id)
    }
  }
}
