internal import ContainerSupport
package import KindSupport
package import Model

/// Exports nodes. The manifest declares the capabilities; the record on the engine only repeats them, so the
/// spec stays.
package struct NodeExport: Sendable {
  private let canonical: @Sendable (EngineAddress) -> EngineAddress

  package init(canonical: @escaping @Sendable (EngineAddress) -> EngineAddress) { self.canonical = canonical }

  package func export(
    _ node: Resource<NodeSpec>, _ observed: NodeObservation, _ context: ReconcileContext
  ) -> Exported<NodeSpec> {
    guard let address = node.spec.engine.address.map(canonical) else { return Exported(node.spec) }
    let wanted = NodeRegistration(of: node, on: address, in: context).labels
    let isRecorded = observed.registrations == [address: wanted]
    return Exported(node.spec, remarks: isRecorded ? [] : ["its record on the engine differs"])
  }
}
