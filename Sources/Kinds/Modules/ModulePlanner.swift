package import ContainerSupport
internal import Manifests
package import Model
package import Planning

/// Decides which containers of a module run where, and how a new image reaches them.
package struct ModulePlanner: SafetyFactProviding {
  package typealias Spec = ModuleSpec
  package typealias Observed = WorkloadObservation
  package typealias Operation = ContainerOperation

  package init() {}

  package func plan(
    _ desired: Resource<ModuleSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<ContainerOperation> {
    let found = observed?.containers ?? []
    guard let desired else {
      let steps = found.map {
        ContainerComparison.remove($0, because: "it left the manifests", risk: .disruptive)
      }
      return steps.isEmpty ? .upToDate : .steps(steps)
    }
    let placement = Placement(spec: desired.spec, offers: context.surroundings.offers)
    let nodes = placement.assign(found)
    let changes = context.lastApplied.map { FieldChange.between($0.spec.value, desired.spec.value) } ?? []
    var steps = ContainerComparison.Steps()
    for replica in nodes.keys.sorted() {
      guard let node = nodes[replica], let offer = context.surroundings.offers.compute[node],
        let engine = offer.engine
      else { continue }
      let plan = ContainerPlan(
        resource: desired.id, replica: replica, node: node, engine: engine,
        template: desired.spec.template(on: offer), limits: desired.spec.containerLimits,
        health: desired.spec.healthRule)
      steps.append(
        ContainerComparison(
          plan, found: found.filter { $0.labels.replica == replica }, replacement: .newFirst,
          specChanges: changes
        ).steps)
    }
    let replicas = desired.spec.placement.replicas
    steps.removal += found.filter { $0.labels.replica >= replicas }.map {
      ContainerComparison.remove($0, because: "\(replicas) replicas are enough")
    }
    if steps.inOrder.isEmpty {
      return nodes.count < replicas ? .waiting(on: placement.lack) : .upToDate
    }
    return .steps(steps.inOrder)
  }

  package func facts(
    _ desired: Resource<ModuleSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) -> [SafetyFact] {
    guard let spec = desired?.spec, spec.placement.replicas > 0 else { return [] }
    return [.needsCompute(spec.computeNeeds)]
  }
}
