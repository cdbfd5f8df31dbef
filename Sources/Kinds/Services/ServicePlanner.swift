package import ContainerSupport
internal import Manifests
package import Model
package import Planning

/// Decides what happens to a service's container.
package struct ServicePlanner: SafetyFactProviding {
  package typealias Spec = ServiceSpec
  package typealias Observed = WorkloadObservation
  package typealias Operation = ContainerOperation

  package init() {}

  package func plan(
    _ desired: Resource<ServiceSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<ContainerOperation> {
    try ServiceAdoption.check(desired, context)
    guard let desired else { return removal(of: observed?.containers ?? [], context) }
    let found = ServiceAdoption.containers(observed, for: desired)
    guard let engine = ServicePlanner.engine(for: desired.spec, in: context.surroundings.offers) else {
      return .waiting(on: "an engine on \(desired.spec.node?.description ?? "the controller's machine")")
    }
    let plan = containerPlan(for: desired, on: engine)
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

  private func containerPlan(
    for desired: Resource<ServiceSpec>, on engine: EngineAddress
  ) -> ContainerPlan {
    ContainerPlan(
      resource: desired.id, node: desired.spec.node?.id, engine: engine, template: desired.spec.template,
      limits: desired.spec.limits.limits, health: desired.spec.healthRule)
  }

  /// Data is at risk where what comes next is made from something else or elsewhere; a container that died is made
  /// anew as it was, and finds its volumes as they were.
  package func facts(
    _ desired: Resource<ServiceSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) -> [SafetyFact] {
    let holder = context.lastApplied?.spec as? ServiceSpec ?? desired?.spec
    let volumes = Set(holder?.volumes.keys.map { $0 } ?? []).union(
      holder?.externalVolumes.keys.map { $0 } ?? [])
    guard let desired, !volumes.isEmpty,
      let engine = ServicePlanner.engine(for: desired.spec, in: context.surroundings.offers)
    else { return [] }
    let plan = containerPlan(for: desired, on: engine)
    let found = ServiceAdoption.containers(observed, for: desired)
    guard !found.isEmpty, !found.contains(where: { $0.wasMade(from: plan) }),
      !found.allSatisfy({ $0.state == .dead && $0.isSame(as: plan) })
    else { return [] }
    return [.risksData(volumes: volumes.sorted())]
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
