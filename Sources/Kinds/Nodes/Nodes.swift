package import ContainerSupport
package import KindSupport
package import Model

/// The kind `Node`: a machine that runs containers.
///
/// `NodeSpec` declares the fields, `NodePlanner` decides whether the node may join and plans its record, and
/// `NodeBackend` observes the engine and maintains the record: an empty, labelled volume on the node's own
/// engine (`NodeRegistration`). Nodes offer `.compute` to the kinds that run containers and to the scheduler.
/// Offers derive from specs alone, so that placement is pure. A node behind a relay offers no engine.
/// `schedulable: false` cordons a node.
///
/// Entry file: `NodeSpec.swift`. Must not import another kind. Tested in `Tests/NodesTests`: the kind on an
/// engine in memory and on a real one.
package enum Nodes {
  package static func kinds(_ toolkit: ContainerToolkit) -> [Kind] {
    let engines = toolkit.engines
    let export = NodeExport(canonical: { engines.canonical($0) })
    return [
      Kind(
        NodeSpec.self, planner: NodePlanner(canonical: { engines.canonical($0) }),
        backend: NodeBackend(engines: engines),
        offer: { node in Nodes.offer(of: node, canonical: { engines.canonical($0) }) },
        claims: { NodeClaims.of($0, in: $1, canonical: { engines.canonical($0) }) },
        export: { export.export($0, $1, $2) })
    ]
  }

  package static func offer(
    of node: Resource<NodeSpec>, canonical: (EngineAddress) -> EngineAddress = { $0 }
  ) -> Offer? {
    .compute(
      ComputeOffer(
        engine: node.spec.engine.address.map(canonical), labels: node.metadata.labels, cores: node.spec.cores,
        memory: node.spec.memory, gpuMemory: node.spec.gpu?.memory, gpuCount: node.spec.gpu?.count ?? 0,
        hasMockGPU: node.spec.gpu?.mock ?? false, isSchedulable: node.spec.schedulable,
        owner: node.spec.ownerAccount, slots: node.spec.slots, isRootless: node.spec.sandbox.rootless,
        isOverflow: node.spec.overflow))
  }
}
