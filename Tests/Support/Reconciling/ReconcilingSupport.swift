/// Support for tests of the control loop: a store in memory, a clock that tests drive, and a fake kind over a
/// fake outside system.
///
/// Entry file: `Simulation.swift`. Nothing sleeps or polls: tests wait for conditions on `Watched` values.
/// Must not import drivers or kinds.
package enum ReconcilingSupport {}
