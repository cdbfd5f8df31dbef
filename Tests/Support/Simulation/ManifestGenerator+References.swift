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

// References between the generated resources.

extension ManifestGenerator {
  mutating func add<Spec: ResourceSpec>(
    _ id: ResourceID, _ spec: Spec, labels: [String: String] = [:], _ random: inout SeededRandom
  ) {
    var mode = ReconcileMode.enforce
    if allowsModes, !["Node", "Database"].contains(id.kind), random.percent(6) {
      mode = random.percent(50) ? .paused : .observe
    }
    let metadata = Metadata(labels: labels, mode: mode)
    resources[id] = AnyResource(
      id: id, metadata: metadata, spec: spec,
      references: ManifestGenerator.targets(of: spec).map { ManifestGenerator.reference($0) }, location: nil,
      digest: metadata.digest(with: spec.value))
  }

  private static func reference(_ target: ResourceID) -> Reference {
    Reference(target: target, path: "spec", location: nil)
  }

  /// The resources that the spec names.
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

  /// Adds the references that the selectors of a module resolve to.
  mutating func resolveSelectors(of id: ResourceID) {
    guard let resource = resources[id], let spec = resource.spec as? ModuleSpec else { return }
    let nodes = resources.values.filter { node in
      node.id.kind == "Node" && spec.placement.on.allSatisfy { node.metadata.labels[$0.key] == $0.value }
    }
    let targets = nodes.map(\.id).sorted()
    let names = targets.map(\.description).joined(separator: " ")
    resources[id] = AnyResource(
      id: id, metadata: resource.metadata, spec: resource.spec,
      references: targets.map { ManifestGenerator.reference($0) }, location: nil,
      digest: Digest(of: "\(spec.value.json) \(names)"))
  }

  /// Includes the resources that the selectors of a scheduler read in its digest.
  mutating func digestSelected(by id: ResourceID) {
    guard let resource = resources[id], let spec = resource.spec as? SchedulerSpec else { return }
    let kinds = Set(spec.selectors.map(\.kind))
    let others = resources.values.filter { kinds.contains($0.id.kind) }.sorted { $0.id < $1.id }
    let texts = others.map { "\($0.id) \($0.digest.hex)" }.joined(separator: " ")
    resources[id] = AnyResource(
      id: id, metadata: resource.metadata, spec: resource.spec, references: resource.references,
      location: nil, digest: Digest(of: "\(spec.value.json) \(texts)"))
  }

  /// Makes every module schedulable: a module that no schedulable node accepts would wait forever.
  mutating func giveModulesANode(_ random: inout SeededRandom) {
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

  /// Removes prices that an earlier map has already.
  mutating func separatePrices() {
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
