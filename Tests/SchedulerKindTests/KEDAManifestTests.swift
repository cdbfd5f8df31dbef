import KindTestSupport
import Manifests
import Model
import PostgresSupport
import SchedulerKind
import Testing

/// The file for Kubernetes, read by the parser of manifests.
@Suite struct KEDAManifestTests {
  private static let image = "registry.example/rendertrust:1@sha256:\(String(repeating: "ab", count: 32))"

  private static func manifest(_ json: String) throws -> KEDAManifest {
    try #require(KEDAManifest(try Fixture.resource(SchedulerSpec.self, "global", json).spec))
  }

  private func objects(_ text: String) async throws -> [KubernetesObject] {
    try await TestFolder.with { folder in
      var objects: [KubernetesObject] = []
      for (index, part) in text.split(separator: "\n---\n", omittingEmptySubsequences: false).enumerated() {
        let file = "\(folder)/\(index).yaml"
        try await Self.write(String(part), to: file)
        objects.append(try SettingsFile.read(file, as: KubernetesObject.self).get())
      }
      return objects
    }
  }

  private static func write(_ text: String, to file: String) async throws {
    let words = ["sh", "-c", "cat > \(file) <<'END'\n\(text)\nEND"]
    try #require(TestFolder.run(words) == 0)
  }

  @Test("The objects have the figures of the scheduler") func figures() async throws {
    let manifest = try Self.manifest(
      """
      {"replicas":{"min":2,"max":7,"pendingJobsPerReplica":30,"cooldown":"90s"},
      "runtime":{"keda":{"image":"\(Self.image)","namespace":"render","name":"schedulers",
      "folder":"/srv/k8s","secret":{"name":"db","key":"dsn"},
      "pollingInterval":"15s"}}}
      """)
    #expect(manifest.file == "/srv/k8s/schedulers.yaml")
    let objects = try await objects(manifest.text)
    #expect(objects.map(\.kind) == ["Deployment", "ScaledObject", "TriggerAuthentication"])
    #expect(objects.map(\.apiVersion) == ["apps/v1", "keda.sh/v1alpha1", "keda.sh/v1alpha1"])
    for object in objects {
      #expect(object.metadata.value["name"] == .string("schedulers"))
      #expect(object.metadata.value["namespace"] == .string("render"))
    }
    #expect(
      objects[1].spec.value
        == (try Value(
          json: """
            {"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"schedulers"},
            "pollingInterval":15,"cooldownPeriod":90,"minReplicaCount":2,"maxReplicaCount":7,
            "advanced":{"horizontalPodAutoscalerConfig":{"behavior":{
            "scaleDown":{"stabilizationWindowSeconds":90}}}},
            "triggers":[{"type":"postgresql","metricType":"AverageValue",
            "metadata":{"query":"SELECT count(*) FROM pending_jobs","targetQueryValue":"30"},
            "authenticationRef":{"name":"schedulers"}}]}
            """)))
    #expect(
      objects[2].spec.value
        == (try Value(json: #"{"secretTargetRef":[{"parameter":"connection","name":"db","key":"dsn"}]}"#)))
  }

  @Test("Pods run without root, and the Deployment has no number of replicas") func pods() async throws {
    let manifest = try Self.manifest(#"{"runtime":{"keda":{"image":"\#(Self.image)"}}}"#)
    #expect(manifest.file == "kubernetes/rendertrust-scheduler.yaml")
    #expect(KEDAManifest.isGenerated(manifest.text))
    let spec = try await objects(manifest.text)[0].spec.value
    #expect(spec["replicas"] == nil, "KEDA decides it")
    let pod = try #require(spec["template"]?["spec"])
    #expect(pod["securityContext"]?["runAsNonRoot"] == .bool(true))
    guard case .array(let containers)? = pod["containers"], let container = containers.first else {
      Issue.record("there is no container")
      return
    }
    #expect(
      container["image"]
        == .string("registry.example/rendertrust@sha256:\(String(repeating: "ab", count: 32))"))
    #expect(container["args"] == .array([.string("scheduler")]))
    #expect(
      container["env"]?.json.contains(#""secretKeyRef":{"key":"url","name":"rendertrust-database"}"#) == true)
    #expect(
      container["securityContext"]
        == (try Value(
          json:
            #"{"allowPrivilegeEscalation":false,"readOnlyRootFilesystem":true,"#
            + #""capabilities":{"drop":["ALL"]}}"#
        )))
  }

  @Test("A scheduler that does not run on Kubernetes has no file") func otherRuntime() throws {
    #expect(KEDAManifest(try Fixture.resource(SchedulerSpec.self, "global", "{}").spec) == nil)
  }
}

/// An object of Kubernetes of any kind.
struct KubernetesObject: ManifestObject {
  var apiVersion = ""
  var kind = ""
  var metadata = AnyYAML()
  var spec = AnyYAML()

  static let fields = Fields<Self>("An object") {
    Field("apiVersion", \.apiVersion, "", .required)
    Field("kind", \.kind, "", .required)
    Field("metadata", \.metadata, "", .required)
    Field("spec", \.spec, "", .required)
  }
}

struct AnyYAML: ManifestValue {
  var value = Value.null
  var manifestValue: Value? { value }
  static var shape: Shape { Shape(.text, name: "anything") }

  static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> AnyYAML? {
    AnyYAML(value: read(node))
  }

  private static func read(_ node: Node) -> Value {
    switch node.kind {
    case .null: return .null
    case .list: return .array(node.elements.map { read($0) })
    case .map:
      return .object(Dictionary(node.members.map { ($0.key.text, read($0.value)) }, uniquingKeysWith: { $1 }))
    case .scalar:
      guard node.isPlain else { return .string(node.text) }
      if let number = Int64(node.text) { return .integer(number) }
      return ["true", "false"].contains(node.text) ? .bool(node.text == "true") : .string(node.text)
    }
  }
}
