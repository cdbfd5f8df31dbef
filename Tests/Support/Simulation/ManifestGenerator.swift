import Manifests
import Model
import RandomSupport
import Reconciling

/// Generates the manifests of a world and their changes from revision to revision.
struct ManifestGenerator: Sendable {
  var resources: [ResourceID: AnyResource] = [:]
  /// Whether resources that never become ready may be generated.
  let allowsMistakes: Bool
  let allowsModes: Bool

  private static let names: [(kind: String, names: [String])] = [
    ("Database", ["platform", "ledger"]), ("Node", ["dev-1", "dev-2", "dev-3"]),
    ("PriceMap", ["packs", "events", "promo"]), ("BackupPolicy", ["nightly", "hourly"]),
    ("Environment", ["dev"]), ("Service", ["grafana", "vault", "minio"]), ("Module", ["echo", "storyboard"]),
    ("Ledger", ["credits", "tokens"]), ("Scheduler", ["global", "second"]),
    ("Fake", (0..<7).map { "r\($0)" }),
  ]

  /// The first manifests of a world.
  /// - Parameter allowsModes: whether resources may be paused or only observed.
  init(_ random: inout SeededRandom, allowsModes: Bool) {
    allowsMistakes = true
    self.allowsModes = allowsModes
    for (kind, names) in ManifestGenerator.names {
      for name in names where random.percent(55) { put(ResourceID(kind: kind, name: name), &random) }
    }
    removeInconsistencies(&random)
  }

  /// A copy without mistakes, in which every resource can become ready.
  init(correcting other: ManifestGenerator, _ random: inout SeededRandom) {
    (allowsMistakes, allowsModes) = (false, false)
    resources = other.resources
    // A new resource makes this revision differ from every earlier one, so that a rollback cannot restore it.
    put(ResourceID(kind: "Fake", name: "r9"), &random)
    for id in resources.keys.sorted() { put(id, &random) }
    removeInconsistencies(&random)
  }

  /// Makes the changes of the next commit.
  mutating func change(_ random: inout SeededRandom) {
    for _ in 0..<random.int(1...4) {
      switch random.int(1...10) {
      case 1...4:
        let (kind, names) = random.pick(ManifestGenerator.names) ?? ("Fake", ["r0"])
        put(ResourceID(kind: kind, name: random.pick(names) ?? "r0"), &random)
      case 5...6:
        if let id = random.pick(resources.keys.sorted()) { resources[id] = nil }
      default:
        if let id = random.pick(resources.keys.sorted()) { put(id, &random) }
      }
    }
    // Occasionally half of the resources are lost.
    if allowsMistakes, random.percent(4) {
      for id in resources.keys.sorted() where random.percent(50) { resources[id] = nil }
    }
    removeInconsistencies(&random)
  }

  var desired: DesiredState {
    DesiredState(
      environment: World.environment, allowsMockGPUs: true, resources: Array(resources.values))
  }

  /// Removes resources whose references are missing and resources that exclude each other.
  private mutating func removeInconsistencies(_ random: inout SeededRandom) {
    if !allowsMistakes {
      // A server has one archive, so only one policy remains.
      let policies = resources.keys.filter { $0.kind == "BackupPolicy" }.sorted()
      for id in policies.dropFirst() { resources[id] = nil }
      giveModulesANode(&random)
      separatePrices()
    }
    removeDanglingReferences()
    for id in resources.keys.sorted() where id.kind == "Module" || id.kind == "PriceMap" {
      resolveSelectors(of: id)
    }
    removeDanglingReferences()
    for id in resources.keys.sorted() where id.kind == "Scheduler" { digestSelected(by: id) }
  }

  private mutating func removeDanglingReferences() {
    while let dangling = resources.keys.sorted().first(where: { hasMissingReference($0) }) {
      resources[dangling] = nil
    }
  }

  private func hasMissingReference(_ id: ResourceID) -> Bool {
    resources[id]?.references.contains { resources[$0.target] == nil } ?? false
  }
}
