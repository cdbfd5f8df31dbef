package import ContainerSupport
internal import Manifests
package import Model
package import Planning

/// Plans the one container of a service. A replacement stops the old container first, because the new one
/// needs its ports and volumes.
package struct ServicePlanner: SafetyFactProviding {
  package init() {}

  package func plan(
    _ desired: Resource<ServiceSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<ContainerOperation> {
    try ServiceAdoption.check(desired, context)
    guard let desired else {
      return ContainerComparison.removal(of: observed, note: volumeNote(context))
    }
    guard let plan = containerPlan(for: desired, in: context) else {
      return .waiting(
        on: "an engine on \(desired.spec.node?.description ?? "the controller's machine")",
        resources: desired.spec.node.map { [$0.id] } ?? [])
    }
    let found = ServiceAdoption.containers(observed, for: desired)
    let comparison = ContainerComparison(
      plan, found: found, replacement: .oldFirst, specChanges: context.specChanges(to: desired))
    return PlanOutcome(steps: comparison.steps.inOrder)
  }

  /// Nil where the node offers no engine that the controller reaches.
  static func engine(for spec: ServiceSpec, in offers: Offers) -> EngineAddress? {
    guard let node = spec.node else { return .local }
    return offers.compute[node.id]?.engine
  }

  /// Nil where the service has no engine.
  private func containerPlan(for desired: Resource<ServiceSpec>, in context: PlanContext) -> ContainerPlan? {
    ServicePlanner.engine(for: desired.spec, in: context.reconcile.offers).map { engine in
      ContainerPlan(
        for: desired, node: desired.spec.node?.id, engine: engine, template: desired.spec.template,
        volumes: context.reconcile.claims.mounts(of: desired))
    }
  }

  /// Volumes are at risk where the next container has another configuration or another node. A dead container
  /// that is created again from the same plan keeps its volumes.
  package func facts(
    _ desired: Resource<ServiceSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) -> [SafetyFact] {
    let holder = context.lastApplied?.spec as? ServiceSpec ?? desired?.spec
    let volumes = Set((holder?.volumes ?? [:]).keys).union((holder?.externalVolumes ?? [:]).keys)
    guard let desired, !volumes.isEmpty, let plan = containerPlan(for: desired, in: context) else {
      return []
    }
    let found = ServiceAdoption.containers(observed, for: desired)
    guard !found.isEmpty, !found.contains(where: { $0.state != .dead && $0.hasConfiguration(of: plan) }),
      !found.allSatisfy({ $0.state == .dead && $0.matches(plan) })
    else { return [] }
    return [.risksData(volumes: volumes.sorted())]
  }

  /// Names the volumes that stay after the containers are removed.
  private func volumeNote(_ context: PlanContext) -> String {
    let volumes = (context.lastApplied?.spec as? ServiceSpec)?.volumes.keys.sorted() ?? []
    let claims = context.reconcile.claims
    let names = volumes.map { claims.volumeName($0, of: context.id) }
    return names.isEmpty ? "" : ", its volumes stay: \(names.joined(separator: ", "))"
  }
}
