import Manifests
import Model
import Placement
import SchedulerKind
import Testing

/// The fields, their defaults and the locations of problems.
@Suite struct SchedulerSpecTests {
  private func load(_ spec: String) -> LoadResult {
    let text = """
      apiVersion: rendertrust.com/v1
      kind: Scheduler
      metadata: {name: global}
      spec:
      \(spec.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      """
    return ManifestLoader(kinds: [KindSchema(SchedulerSpec.self)]).load(
      text: text, name: "scheduler.yaml")
  }

  private static let image =
    "127.0.0.1:5055/rendertrust:1@sha256:\(String(repeating: "ab", count: 32))"

  @Test("The defaults are the figures of the seeds") func defaults() throws {
    let spec = try Self.spec("{}")
    #expect(spec.settings == RecordedSettings())
    #expect(
      (spec.settings.scheduling.latencyWeight, spec.settings.scheduling.earningsWeight)
        == (700_000, 300_000))
    #expect((spec.settings.scheduling.differentNodes, spec.settings.scheduling.escalates) == (2, true))
    #expect(spec.offlineAfter == TimeSpan(seconds: 90))
    #expect((spec.replicas.min, spec.replicas.max) == (1, 10))
    #expect(spec.database.id.description == "Database/platform")
  }

  @Test(
    "Recorded settings are read back unchanged",
    arguments: [
      #"{"runtime":"process"}"#,
      #"{"weights":{"latency":0.25,"earnings":0.75},"lease":"5s"}"#,
      #"{"retry":{"differentNodes":3,"then":"fail"}}"#,
      #"{"replicas":{"min":2,"max":4,"pendingJobsPerReplica":7,"cooldown":"90s"},"deadline":"2h"}"#,
      #"{"runtime":{"docker":{"image":"\#(image)","connection":{"env":"URL"},"limits":{"cores":0.5}}}}"#,
      #"{"runtime":{"keda":{"image":"\#(image)","namespace":"render","secret":{"name":"db"}}}}"#,
    ])
  func recordedSettings(json: String) throws {
    let spec = try Self.spec(json)
    let recorded = RecordedSettings(try Value(json: spec.settings.value.json))
    #expect(recorded == spec.settings)
    #expect(SchedulerSpec().with(recorded) == spec)
  }

  @Test(
    "An invalid field is refused, with its location",
    arguments: [
      (
        "weights: {latency: 0.8, earnings: 0.3}", "scheduler.yaml:5:37",
        "write `{latency: 0.8, earnings: 0.2}`"
      ),
      ("weights: {latency: 1.5, earnings: -0.5}", "scheduler.yaml:5:22", "from 0 to 1"),
      ("retry: {then: retry}", "scheduler.yaml:5:17", "`overflow`, `fail`"),
      ("retry: {differentNodes: 0}", "scheduler.yaml:5:27", "from 1 to 10"),
      ("replicas: {min: 5, max: 2}", "scheduler.yaml:5:19", "raise `max` or lower `min`"),
      ("replicas: {cooldown: 5}", "scheduler.yaml:5:24", "did you mean `5s`?"),
      ("lease: 2m\ndeadline: 1m", "scheduler.yaml:5:10", "shorten the lease"),
      ("runtime: {kubernetes: {}}", "scheduler.yaml:5:13", "`process`, `docker`, `keda`"),
      ("runtime: docker", "scheduler.yaml:5:12", "image"),
      ("runtime: {keda: {image: busybox}}", "scheduler.yaml:5:27", "pin it"),
      ("database: Bucket/jobs", "scheduler.yaml:5:13", "Database/"),
      ("weight: {}", "scheduler.yaml:5:3", "weights"),
    ])
  func refused(spec: String, location: String, hint: String) {
    let problems = load(spec).diagnostics.map(\.description)
    #expect(problems.contains { $0.contains(location) && $0.contains(hint) }, "\(problems)")
  }

  private static func spec(_ json: String) throws -> SchedulerSpec {
    var decoder = ManifestDecoder()
    let spec = SchedulerSpec.decode(Node(try Value(json: json)), &decoder)
    return try #require(spec, "\(decoder.diagnostics)")
  }
}
