package import ContainerSupport
package import KindSupport
package import Model

/// The kind `Node`: a machine that runs containers.
///
/// `NodeSpec` says what an operator may write, `NodePlanner` decides whether the node may join and what is recorded
/// on it, `NodeBackend` looks at the engine and keeps the record: an empty, labelled volume on the node's own engine
/// (`NodeRegistration`). Nodes offer `.compute` to the kinds that run containers and to the scheduler, from their specs
/// alone, so that placing is pure; a node behind a relay offers no engine. Cordoning is `schedulable: false`. Other components
/// than `ContainerSupport` are not imported. Tested in `Tests/FleetTests`: the planner by tables, the backend on an engine
/// in memory and on a real one.
package enum Nodes {
  package static func kinds(_ workloads: WorkloadSupport) -> [Kind] {
    let engines = workloads.engines
    let export = NodeExport(canonical: { engines.canonical($0) })
    return [
      Kind(
        NodeSpec.self, planner: NodePlanner(canonical: { engines.canonical($0) }),
        backend: NodeBackend(engines: engines),
        offer: { node in Nodes.offer(of: node, canonical: { engines.canonical($0) }) },
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
