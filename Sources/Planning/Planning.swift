/// Decides what has to happen: from desired resources and observations to a `Plan`, without doing anything.
///
/// Entry file: `Planner.swift`. It asks each kind's `ResourcePlanner`, lets the guards speak (`Guards`, a file for each rule), keeps what
/// is still used (`StillUsed.swift`) and orders the rest (`PlanOrder.swift` on `ReferenceGraph.swift`). Beside it stand
/// the forms of a plan: for people (`Plan+Text.swift`), for programs (`Plan+JSON.swift`) and for later
/// (`SavedPlan.swift`).
///
/// Pure: no await, clock, randomness, logger or client; the same input gives the same plan, sorted, in time that grows
/// with the number of resources and references. Must not import anything but `Model` (and FoundationEssentials to encode
/// operations). Tested by tables and generated worlds in `Tests/PlanningTests`, with golden files for what people and
/// programs read.
package enum Planning {}
