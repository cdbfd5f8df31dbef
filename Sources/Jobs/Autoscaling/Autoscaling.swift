/// Runs as many scheduler replicas as the pending jobs need (seeds 3.1: 1 to 10).
///
/// Entry file: `ReplicaSupervisor.swift`. At each tick it reads the settings and the number of pending jobs
/// (`ReplicaDemand.swift`), plans the replicas (`ReplicaScaling.swift` and `ReplicaDecision.swift`, both
/// pure) and starts or stops processes (`ReplicaProcess.swift`) or containers (`ReplicaContainers.swift`). On
/// Kubernetes KEDA scales the replicas instead, from the manifest that `SchedulerKind` writes. A replica
/// exits with its parent process (`ParentDeathWatch`). `SchedulerKind.PostgresReplicaSource` reads the demand
/// from the tables.
///
/// Must not import `JobStore`, `Postgres`, `Ledger` or a kind. Tested in `Tests/AutoscalingTests`.
package enum Autoscaling {}
