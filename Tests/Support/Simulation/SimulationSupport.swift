/// A deterministic simulation of the controller. A seed determines a world: a scheduler and a clock of its
/// own, systems in memory for every kind, a state store that fails, and controllers that are killed, paused
/// and restarted. The same seed always gives the same trace, job by job, so a failure can be replayed.
///
/// Entry files: `SeedRun.swift` runs one seed and reports its problems; `TaskScheduler.swift` is the executor
/// below it. The engine, the planners and the backends of containers are the real ones; only the systems
/// outside of the program are simulated. The simulation never sleeps, reads a clock or opens a connection.
/// `Tests/SimulationTests` runs a few seeds; the program `simulate` runs many, or prints the trace of one.
package enum SimulationSupport {}
