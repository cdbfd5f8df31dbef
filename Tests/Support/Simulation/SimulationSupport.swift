/// A world that exists for one seed: an own scheduler and clock, systems in memory for every kind of the house, a store
/// that fails, and controllers that are killed, paused and started anew. The same seed gives the same story, task by
/// task, so whatever goes wrong can be looked at again.
///
/// Entry files: `SeedRun.swift` runs one seed and says what was wrong, `Scheduler.swift` is the executor below it. The
/// engine, the planners and, for everything that is a container, the backends are the real ones; only what is outside
/// of the program is played. Nothing here sleeps, reads a clock or talks to anything. Used by `Tests/SimulationTests`
/// and by the program `simulate`, which tries many seeds and tells the story of one.
package enum SimulationSupport {}
