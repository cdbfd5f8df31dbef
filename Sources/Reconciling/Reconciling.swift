/// The loop that makes the world match: observe, decide, act, record, again.
///
/// Entry file: `Engine.swift`. Knows resources, plans and backends, but no kind, file format or database:
/// planning and storing are given to it (`PlanMaking`, `StateStore`). Must not import anything but `Model`.
/// Tested in `Tests/ReconcilingTests` with fake backends, a memory store and a clock that tests drive.
package enum Reconciling {}
