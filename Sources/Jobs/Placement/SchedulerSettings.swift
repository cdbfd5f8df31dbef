package import Model

/// How schedulers place jobs, as a `Scheduler` resource records it in `schedulers.settings`. Running schedulers read it
/// again and again. The same JSON has members about replicas, which placement ignores.
package struct SchedulerSettings: Hashable, Sendable {
  /// How much a short way counts, and how much fair earnings do, in parts per million; they come to 1,000,000.
  package var latencyWeight: Int64 = 700_000
  package var earningsWeight: Int64 = 300_000
  /// How many different nodes a job may fail on before it is escalated (seeds 3.1: two).
  package var differentNodes = 2
  /// Whether it goes to nodes of the overflow pool then; otherwise it has failed.
  package var escalates = true
  /// How long an attempt may be silent.
  package var lease = TimeSpan(seconds: 30)
  /// How long a job may take from its submission, where it does not say itself.
  package var deadline = TimeSpan(seconds: 3600)
  /// How old a heartbeat may be (seeds 4.3: 90 s).
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

  /// What is missing keeps its default.
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
