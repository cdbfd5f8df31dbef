package import ContainerSupport
internal import Manifests
package import Model
package import Planning

/// Plans the containers of a module: which node runs each replica, and how a new image replaces the old one.
package struct ModulePlanner: SafetyFactProviding {
  package init() {}

  package func plan(
    _ desired: Resource<ModuleSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) throws(PlanError) -> PlanOutcome<ContainerOperation> {
    guard let desired else {
      let rollout = (context.lastApplied?.spec as? ModuleSpec)?.rollout ?? RolloutSettings()
      let removal = (observed?.containers ?? []).map {
        ContainerComparison.remove($0, because: "it left the manifests", risk: .disruptive)
      }
      return ModuleDrains(context.id, observed, within: rollout.drainLimit).outcome(removal)
    }
    let found = observed?.containers ?? []
    let placement = Placement(spec: desired.spec, offers: context.reconcile.offers)
    let nodes = placement.assign(found)
    var steps = ContainerComparison.Steps()
    for replica in nodes.keys.sorted() {
      guard let node = nodes[replica], let offer = context.reconcile.offers.compute[node],
        let engine = offer.engine
      else { continue }
      let plan = ContainerPlan(
        for: desired, replica: replica, node: node, engine: engine, template: desired.spec.template(on: offer)
      )
      steps.append(
        ContainerComparison(
          plan, found: found.filter { $0.labels.replica == replica }, replacement: .newFirst,
          specChanges: context.specChanges(to: desired)
        ).steps)
    }
    let replicas = desired.spec.placement.replicas
    steps.removal += found.filter { $0.labels.replica >= replicas }.map {
      ContainerComparison.remove($0, because: "the module has only \(replicas) replicas")
    }
    guard steps.inOrder.isEmpty, nodes.count < replicas else {
      return ModuleDrains(desired.id, observed, within: desired.spec.rollout.drainLimit)
        .outcome(steps.inOrder)
    }
    return .waiting(on: placement.missingNode, resources: placement.unsuitableNodes)
  }

  package func facts(
    _ desired: Resource<ModuleSpec>?, _ observed: WorkloadObservation?, _ context: PlanContext
  ) -> [SafetyFact] {
    guard let spec = desired?.spec, spec.placement.replicas > 0 else { return [] }
    return [.needsCompute(spec.computeNeeds)]
  }
}
