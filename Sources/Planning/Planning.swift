/// Decides what has to happen: from desired resources and observations to a `Plan`, without doing anything.
///
/// Entry file: `Planner.swift`. Pure: no await, clock, randomness, logger or client; the same input gives the same
/// plan, sorted. Must not import anything but `Model`. Tested by tables in `Tests/PlanningTests`, with golden files
/// for what people and programs read.
package enum Planning {}
