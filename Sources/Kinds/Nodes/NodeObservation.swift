package import ContainerSupport
internal import Manifests
package import Model

/// What was seen of a node that is registered anywhere: its engine, and what is registered there.
package struct NodeObservation: Hashable, Sendable {
  /// What the engine that the manifest names says; nil for a node that leaves.
  package var engine: EngineFacts?
  /// Labels of the node's registration, by the engine that it was found on.
  package var registrations: [EngineAddress: [String: String]]
  /// Names of the containers that were placed on the node, on any of these engines; sorted.
  package var containers: [String]

  package init(
    engine: EngineFacts?, registrations: [EngineAddress: [String: String]], containers: [String] = []
  ) {
    self.engine = engine
    self.registrations = registrations
    self.containers = containers
  }
}

/// A node's record on its own engine: an empty volume whose labels tell what the node gives to the fabric. Whoever
/// looks at the machine sees which fabric it belongs to, and a registration that was removed is drift.
package struct NodeRegistration: Hashable, Sendable, Codable {
  package let volume: String
  package let labels: [String: String]
  package let engine: EngineAddress

  /// Prefix of the labels with what the manifest says, one label for each leaf: `rendertrust.com/node.cores`.
  static let factPrefix = "\(ContainerLabels.node)."

  init(of node: Resource<NodeSpec>, on engine: EngineAddress, owner: String) {
    volume = NodeRegistration.volumeName(of: node.id, owner: owner)
    var labels = [
      ContainerLabels.owner: owner, ContainerLabels.resource: node.id.description,
      ContainerLabels.spec: node.digest.hex,
    ]
    let facts = Value.members([
      "labels": .object(node.metadata.labels.mapValues(Value.string)), "spec": node.spec.value,
    ])
    for (path, text) in NodeRegistration.leaves(of: facts) { labels["\(Self.factPrefix)\(path)"] = text }
    self.labels = labels
    self.engine = engine
  }

  static func volumeName(of node: ResourceID, owner: String) -> String { "rt-\(owner)-node-\(node.name)" }

  /// What differs between a registration that was found and this one, by the fields' names in the manifest.
  func changes(from found: [String: String]) -> [FieldChange] {
    let paths = Set(labels.keys).union(found.keys).filter { $0.hasPrefix(Self.factPrefix) }.sorted()
    return paths.compactMap { path in
      guard found[path] != labels[path] else { return nil }
      let field = path.dropFirst(Self.factPrefix.count)
      let name = field.hasPrefix("spec.") ? field.dropFirst("spec.".count) : field
      return FieldChange(
        String(name), from: found[path].map(Value.string), to: labels[path].map(Value.string))
    }
  }

  private static func leaves(of value: Value, at path: String = "") -> [(String, String)] {
    guard case .object(let members) = value else { return [(path, value.plainText)] }
    return members.flatMap { leaves(of: $0.value, at: path.isEmpty ? $0.key : "\(path).\($0.key)") }
  }
}

/// What a step of a node does.
package enum NodeOperation: StepOperation {
  /// Writes the record, in place of one that differs.
  case register(NodeRegistration)
  case unregister(volume: String, EngineAddress)
}
