package import ContainerSupport
package import KindSupport
internal import Model

/// The kind `Module`: a type of work, and the containers on nodes that do it.
///
/// `ModuleSpec` says what a developer may write, `Placement` and `ModulePlanner` decide, `ModuleBackend` acts through
/// `ContainerSupport`. Nodes are known by what they offer (`Offers.compute`), not by their kind; to the scheduler a module offers `.work`. A new image goes from
/// container to container, each healthy before the one that it follows goes; the first that fails ends the rollout
/// with its predecessor still at work. Canary jobs, waves and decommissioning are declared here and judged where
/// jobs are known. Other components than `ContainerSupport` are not imported. Tested in `Tests/ModulesTests`: the planner
/// by tables, the way from manifest to containers on an engine in memory and on a real one.
package enum Modules {
  package static func kinds(_ workloads: WorkloadSupport) -> [Kind] {
    [
      Kind(
        ModuleSpec.self, planner: ModulePlanner(),
        backend: ModuleBackend(observer: workloads.observer, runner: workloads.runner),
        offer: { .work($0.spec.work) }, export: ModuleExport.export)
    ]
  }
}
