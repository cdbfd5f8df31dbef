package import Manifests
package import Model
internal import Placement

/// How jobs are placed on nodes, and how many schedulers run (seeds 3.1, Global Scheduler). The defaults are
/// the figures of the seeds.
package struct SchedulerSpec: ManifestSpec {
  package static let kind = "Scheduler"

  package var database: KindReference = "Database/platform"
  package var weights = WeightSpec()
  package var retry = RetrySpec()
  package var lease = TimeSpan(seconds: 30)
  package var deadline = TimeSpan(seconds: 3600)
  package var offlineAfter = TimeSpan(seconds: 90)
  package var replicas = ReplicaSpec()
  package var runtime = RuntimeSpec.process

  package init() {}

  package static let fields = Fields<Self>("How jobs are placed on nodes, and how many schedulers run") {
    Field("database", \.database, "The database of jobs and credits", .refersTo("Database"))
    Field("weights", \.weights, "How latency and earnings count in the choice of a node; their sum is 1")
    Field("retry", \.retry, "What happens to a job that fails")
    Field(
      "lease", \.lease, "How long an attempt may run without a report before another node gets the job",
      .range(TimeSpan(seconds: 1)...TimeSpan(seconds: 3600)))
    Field(
      "deadline", \.deadline, "How long a job may take from its submission, where the order does not say",
      .range(TimeSpan(seconds: 1)...TimeSpan(seconds: 30 * 86_400)))
    Field(
      "offlineAfter", \.offlineAfter, "How old a node's last heartbeat may be (seeds 4.3: 90 s)",
      .range(TimeSpan(seconds: 5)...TimeSpan(seconds: 3600)))
    Field("replicas", \.replicas, "How many schedulers run at the same time")
    Field("runtime", \.runtime, "How schedulers run")
  }

  package func validate(_ report: inout FieldReport) {
    if lease > deadline {
      report.error(
        at: "lease", "a lease of \(lease) is longer than the \(deadline) that a job may take",
        hint: "shorten the lease, or lengthen `deadline`")
    }
  }

  /// The scheduler records nodes and modules as they are declared. One that cannot be applied at the moment
  /// does not keep the others from being recorded.
  package var selectors: [ResourceSelector] {
    [ResourceSelector(kind: "Module", effect: .reads), ResourceSelector(kind: "Node", effect: .reads)]
  }

  /// The settings that running schedulers read.
  package var settings: RecordedSettings {
    var settings = RecordedSettings()
    settings.scheduling.latencyWeight = weights.latency.millionths
    settings.scheduling.earningsWeight = weights.earnings.millionths
    settings.scheduling.differentNodes = retry.differentNodes
    settings.scheduling.escalates = retry.then == .overflow
    settings.scheduling.lease = lease
    settings.scheduling.deadline = deadline
    settings.scheduling.offlineAfter = offlineAfter
    settings.replicas = replicas
    settings.runtime = runtime
    return settings
  }

  /// The same spec with these settings.
  package func with(_ recorded: RecordedSettings) -> SchedulerSpec {
    var spec = self
    let settings = recorded.scheduling
    spec.weights.latency = DecimalNumber(millionths: settings.latencyWeight)
    spec.weights.earnings = DecimalNumber(millionths: settings.earningsWeight)
    spec.retry.differentNodes = settings.differentNodes
    spec.retry.then = settings.escalates ? .overflow : .fail
    spec.lease = settings.lease
    spec.deadline = settings.deadline
    spec.offlineAfter = settings.offlineAfter
    spec.replicas = recorded.replicas
    spec.runtime = recorded.runtime
    return spec
  }
}

package struct WeightSpec: ManifestObject, Hashable {
  package var latency = DecimalNumber(millionths: 700_000)
  package var earnings = DecimalNumber(millionths: 300_000)

  package init() {}

  package static let fields = Fields<Self>(
    "How latency and earnings count in the choice of a node; their sum is 1"
  ) {
    Field("latency", \.latency, "How soon the job could start on the node", .range(none...all))
    Field("earnings", \.earnings, "How little the node earned lately for its capacity", .range(none...all))
  }

  package func validate(_ report: inout FieldReport) {
    guard latency.millionths + earnings.millionths != WeightSpec.all.millionths else { return }
    let rest = DecimalNumber(millionths: WeightSpec.all.millionths - latency.millionths)
    report.error(
      at: "earnings", "the sum of the weights \(latency) and \(earnings) is not 1",
      hint: "write `{latency: \(latency), earnings: \(rest)}`")
  }

  private static let none = DecimalNumber(millionths: 0)
  private static let all = DecimalNumber(millionths: 1_000_000)
}

package struct RetrySpec: ManifestObject, Hashable {
  package var differentNodes = 2
  package var then = RetryFallback.overflow

  package init() {}

  package static let fields = Fields<Self>("What happens to a job that fails") {
    Field(
      "differentNodes", \.differentNodes, "On how many different nodes it runs (seeds 3.1: two)",
      .range(1...10))
    Field("then", \.then, "What happens to it after the last of them")
  }
}

package enum RetryFallback: String, ManifestWord {
  case overflow, fail

  package var meaning: String {
    switch self {
    case .overflow: "it goes to the overflow pool; without overflow nodes it fails"
    case .fail: "it fails"
    }
  }
}
