/// What tests of the loop stand on: a store in memory, a clock that tests drive, a fake kind over a fake world, and the
/// suite that every state store passes.
///
/// Entry file: `Simulation.swift`. Nothing here sleeps or polls: tests wait for conditions on `Watched` values. Must
/// not import drivers or components.
package enum ReconcilingSupport {}
