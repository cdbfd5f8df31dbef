package import ContainerSupport
package import KindSupport
internal import Model

/// The kind `Module`: a type of work, and the containers on nodes that run it.
///
/// `ModuleSpec` declares the fields, `Placement` and `ModulePlanner` decide, and `ContainerBackend` of
/// `ContainerSupport` acts. Modules know nodes by their offers (`Offers.compute`), not by their kind, and
/// offer `.work` to the scheduler. A new image is rolled out container by container, each healthy before its
/// predecessor is removed; the first failure ends the rollout and its predecessor stays. Canary jobs, waves
/// and decommissioning are declared here and evaluated by the scheduler.
///
/// Entry file: `ModuleSpec.swift`. Must not import another kind. Tested in `Tests/ModulesTests`: placement by
/// tables, the kind on engines in memory and on a real one.
package enum Modules {
  package static func kinds(_ toolkit: ContainerToolkit) -> [Kind] {
    [
      Kind(
        ModuleSpec.self, planner: ModulePlanner(), backend: ModuleBackend(toolkit),
        offer: { .work($0.spec.work) }, export: ModuleExport.export)
    ]
  }
}
