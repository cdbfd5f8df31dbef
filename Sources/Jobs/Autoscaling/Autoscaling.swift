/// Runs as many scheduler replicas as the waiting jobs need (seeds 3.1: 1 to 10).
///
/// Entry file: `ReplicaSupervisor.swift`. At each tick it reads the settings and the number of waiting jobs
/// (`ReplicaSource.swift`), decides how many replicas to run (`ReplicaDecision.swift`, pure) and starts or
/// stops processes (`ReplicaProcess.swift`) or containers (`ReplicaContainers.swift`). On Kubernetes KEDA
/// does the same from the file that `SchedulerKind` writes. A replica records itself with `ReplicaHeartbeat`
/// and follows the end of its parent with `ParentDeathWatch`.
///
/// Must not import `JobStore`, `Ledger` or a kind. Tested in `Tests/AutoscalingTests`.
package enum Autoscaling {}
