/// Runs the attempts of nodes in containers: the controller uses it for nodes whose engine it reaches, the
/// relay for its own node.
///
/// Entry file: `LocalRunner.swift`. It has a worker for each node (`NodeWorker.swift`), which sends
/// heartbeats, takes work and runs each attempt (`AttemptRun.swift`) in a container of the job's module
/// (`AttemptExecution.swift`). `AttemptOutcome` decides the result of an attempt and `AttemptMeter` its
/// usage; both are pure. Nodes and modules are the offers of `Model`: `ComputeOffer` and `WorkOffer`.
///
/// Reaches the scheduler through `JobModel.WorkerAPI` only. Must not import `Postgres`, `Ledger` or
/// `JobStore`. Tested in `Tests/NodeRunnerTests` on fakes and on a real engine.
package enum NodeRunner {}
