/// Chooses the node of a job. Pure: no clock, no randomness and no I/O; the same fleet, needs and time give
/// the same decision.
///
/// Entry file: `FleetIndex.swift`, a value that holds the fleet and is updated with each heartbeat and claim.
/// `FleetIndex+Select.swift` applies the filters (`StaticFilters.swift`, `FeasibleNodes.swift`), finds the
/// nodes that no other node dominates in latency and earnings (`ParetoFrontier.swift`) and scores them
/// (`Estimate.swift`). `Claim.swift` takes and releases what an attempt uses of a node. The outcome is a
/// `PlacementDecision`, which explains itself.
///
/// Imports `JobModel` and `Model` only. Tested in `Tests/PlacementTests`: tables of filters and properties
/// against a naive implementation. `Benchmarks/SelectionBench` measures it at 100,000 nodes.
package enum Placement {}
