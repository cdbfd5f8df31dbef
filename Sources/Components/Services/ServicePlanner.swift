internal import Manifests
package import Model
package import Planning
package import Workloads

/// Decides what happens to a service's container.
package struct ServicePlanner: ResourcePlanner {
  package typealias Spec = ServiceSpec
  package typealias Observed = WorkloadObservation
  package typealias Operation = ContainerOperation

  package init() {}

  package func plan(
    _ desired: Resource<ServiceSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<ContainerOperation> {
    let found = observed?.containers ?? []
    guard let desired else { return removal(of: found, context) }
    guard let engine = ServicePlanner.engine(for: desired.spec, in: context.surroundings.offers) else {
      return .waiting(on: "an engine on \(desired.spec.node?.description ?? "the controller's machine")")
    }
    let plan = ContainerPlan(
      resource: desired.id, node: desired.spec.node?.id, engine: engine, template: desired.spec.template,
      limits: desired.spec.limits.limits, health: desired.spec.healthRule)
    let changes = FieldChange.between(context.lastApplied?.spec.value, desired.spec.value)
    let steps = ContainerComparison(
      plan, found: found, replacement: .oldFirst, specChanges: context.lastApplied == nil ? [] : changes
    ).steps.inOrder
    return steps.isEmpty ? .upToDate : .steps(steps)
  }

  /// Nil: the node offers no engine that the controller reaches.
  static func engine(for spec: ServiceSpec, in offers: Offers) -> EngineAddress? {
    guard let node = spec.node else { return .local }
    return offers.compute[node.id]?.engine
  }

  private func removal(
    of found: [ContainerObservation], _ context: PlanContext
  ) -> PlanOutcome<ContainerOperation> {
    let volumes = (context.lastApplied?.spec as? ServiceSpec)?.volumes.keys.sorted() ?? []
    let names = volumes.map {
      ContainerPlan.volumeName($0, of: context.id, owner: context.surroundings.owner)
    }
    let note = names.isEmpty ? "" : ", its volumes stay: \(names.joined(separator: ", "))"
    let steps = found.map {
      ContainerComparison.remove($0, because: "it left the manifests", risk: .disruptive, note: note)
    }
    return steps.isEmpty ? .upToDate : .steps(steps)
  }
}
