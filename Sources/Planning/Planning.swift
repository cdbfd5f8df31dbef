/// Computes a `Plan` from desired resources and observations, without executing anything.
///
/// Entry file: `Planner/Planner.swift`. It calls the `ResourcePlanner` of each kind, applies the guards
/// (`Guards`, a file for each rule), defers the deletion of used resources (`StillUsed.swift`) and sorts the
/// rest (`PlanOrder.swift`, `ReferenceGraph.swift`). `Text` renders plans for people, `JSON` for programs and
/// for saved plans.
///
/// Pure: no await, clock, randomness, logger or client. The same input gives the same plan, sorted, in time
/// that grows with the number of resources and references. Must not import anything but `Model`, and
/// FoundationEssentials to encode operations. Tested by tables and generated worlds in `Tests/PlanningTests`,
/// with golden files for the rendered text and JSON.
package enum Planning {}
