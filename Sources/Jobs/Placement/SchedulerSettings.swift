package import Model

/// How schedulers place jobs, as a `Scheduler` resource records it in `schedulers.settings`. Running
/// schedulers read it every second. The same JSON has members about replicas, which placement ignores.
package struct SchedulerSettings: Hashable, Sendable {
  /// The weights of a short latency and of fair earnings, in parts per million; their sum is 1,000,000.
  package var latencyWeight: Int64 = 700_000
  package var earningsWeight: Int64 = 300_000
  /// On how many different nodes a job may fail before it is escalated (seeds 3.1: two).
  package var differentNodes = 2
  /// Whether an escalated job goes to the overflow pool; otherwise it fails.
  package var escalates = true
  /// How long an attempt may run without a report.
  package var lease = TimeSpan(seconds: 30)
  /// How long a job may take from its submission, where the order does not say.
  package var deadline = TimeSpan(seconds: 3600)
  /// The maximum age of a node's last heartbeat (seeds 4.3: 90 s).
  package var offlineAfter = TimeSpan(seconds: 90)

  package init() {}

  package var value: Value {
    .object([
      "latencyWeight": .integer(latencyWeight), "earningsWeight": .integer(earningsWeight),
      "differentNodes": .integer(Int64(differentNodes)), "escalates": .bool(escalates),
      "leaseMilliseconds": .integer(lease.milliseconds),
      "deadlineMilliseconds": .integer(deadline.milliseconds),
      "offlineAfterMilliseconds": .integer(offlineAfter.milliseconds),
    ])
  }

  /// Missing members keep their default.
  package init(_ value: Value) {
    func integer(_ key: String) -> Int64? {
      if case .integer(let number)? = value[key] { number } else { nil }
    }
    latencyWeight = integer("latencyWeight") ?? latencyWeight
    earningsWeight = integer("earningsWeight") ?? earningsWeight
    differentNodes = integer("differentNodes").map { Int($0) } ?? differentNodes
    if case .bool(let flag)? = value["escalates"] { escalates = flag }
    lease = integer("leaseMilliseconds").map { TimeSpan(milliseconds: $0) } ?? lease
    deadline = integer("deadlineMilliseconds").map { TimeSpan(milliseconds: $0) } ?? deadline
    offlineAfter = integer("offlineAfterMilliseconds").map { TimeSpan(milliseconds: $0) } ?? offlineAfter
  }
}
