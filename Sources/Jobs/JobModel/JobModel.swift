/// The values and protocols of jobs: what creators order, what workers report and what both read back.
///
/// Entry files: `JobService.swift`, the API for creators and operators, and `WorkerAPI.swift`, the API for
/// the workers of nodes. `Job.swift` and `JobOrder.swift` hold the values that both pass;
/// `PlacementDecision.swift` explains a choice of a node. Every value that leaves the process has its JSON in
/// a file of the same name (`Job+JSON.swift`).
///
/// Nodes and modules have one shape for each layer:
///
/// | layer | node | module |
/// |---|---|---|
/// | manifest (`Kinds`) | `NodeSpec` | `ModuleSpec` |
/// | what a kind offers to others (`Model`) | `ComputeOffer` | `WorkOffer` |
/// | placement, as the store records it (`Placement`) | `FleetNode` | `FleetModule` |
/// | API (`JobModel`) | `NodeStatus` | |
///
/// `ComputeNeeds.missing(on:)` in `Model` decides whether a node can run some work; its argument
/// `NodeCapabilities` is the common part of `ComputeOffer` and `FleetNode`.
///
/// Imports `Model` only, so that the gateway and the relay depend on no store. The implementation is
/// `JobStore.PostgresJobService`. Tested with the JSON of decisions in `Tests/PlacementTests` and through the
/// API in `Tests/GatewayTests`.
package enum JobModel {}
