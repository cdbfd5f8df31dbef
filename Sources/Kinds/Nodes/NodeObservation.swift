package import ContainerSupport
internal import Manifests
package import Model

/// The observed state of a node: its engine, and its records on engines.
package struct NodeObservation: Hashable, Sendable {
  /// The engine that the manifest names; nil for a node that left the manifests.
  package var engine: EngineInfo?
  /// The labels of the node's record, by the engine that has it.
  package var registrations: [EngineAddress: [String: String]]
  /// The names of the containers that are placed on the node, on any of these engines; sorted.
  package var containers: [String] = []
}

/// The record of a node on its own engine: an empty volume whose labels hold the declared capabilities. It
/// shows on the machine which controller owns the node; a removed record is drift.
package struct NodeRegistration: Hashable, Sendable, Codable {
  package let volume: String
  package let labels: [String: String]
  package let engine: EngineAddress

  /// Prefix of the labels that hold the manifest, one label per leaf: `rendertrust.com/node.spec.cores`.
  static let factPrefix = "\(ContainerLabels.node)."

  init(of node: Resource<NodeSpec>, on engine: EngineAddress, in context: ReconcileContext) {
    volume = context.claims.recordName(of: node.id)
    var labels = Marks(of: context).labels(ofVolumeOf: node.id)
    labels[ContainerLabels.spec] = node.digest.hex
    let facts = Value.members([
      "labels": .object(node.metadata.labels.mapValues(Value.string)), "spec": node.spec.value,
    ])
    for (path, text) in NodeRegistration.leaves(of: facts) { labels["\(Self.factPrefix)\(path)"] = text }
    self.labels = labels
    self.engine = engine
  }

  /// The differences from a found record to this one, by the names of the fields in the manifest.
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

/// The operation of a step on a node.
package enum NodeOperation: StepOperation {
  /// Writes the record and replaces one that differs.
  case register(NodeRegistration)
  case unregister(volume: String, EngineAddress)
}
