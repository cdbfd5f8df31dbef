import ContainerSupport
import Manifests
import Model
import Modules
import Testing

@Suite("Manifest of a module")
struct ModuleSpecTests {
  private static let digest = String(repeating: "ab", count: 32)

  private func load(_ fields: String) -> LoadResult {
    let text = """
      apiVersion: rendertrust.com/v1
      kind: Module
      metadata: {name: storyboard}
      spec: {jobType: storyboard, developer: account/wtfb, image: "a/b:1@sha256:\(Self.digest)", \(fields)}

      """
    return ManifestLoader(kinds: [KindSchema(ModuleSpec.self)]).load(text: text, name: "storyboard.yaml")
  }

  @Test("The manifest of the seeds is valid")
  func manifestOfTheSeeds() throws {
    let result = load(
      """
      serves: {http: {port: 8188, run: /run, health: /health}}, needs: {gpuMemory: 12Gi, cores: 2},
        price: {credits: 0.5, per: frame}, placement: {on: {tier: gpu}, replicas: 3},
        rollout: {canary: {jobs: 1, within: 10m}, waves: [10%, 50%, 100%], onFailure: rollback},
        decommissionAfter: 90d
      """)
    #expect(result.diagnostics.map(\.description) == [])
    let spec = try #require(result.desired?.resources.first?.spec as? ModuleSpec)
    #expect(spec.needs.gpuMemory == ByteCount("12Gi"))
    #expect(spec.price?.credits == Credits("0.5"))
    #expect(spec.selectors == [ResourceSelector(kind: "Node", labels: ["tier": "gpu"])])
    #expect(spec.rollout.canary?.within == TimeSpan(seconds: 600))
  }

  @Test("Omitted fields have defaults")
  func defaults() throws {
    let spec = try #require(load("serves: stdio").desired?.resources.first?.spec as? ModuleSpec)
    #expect(spec.serves == .stdio(ModuleStdio()))
    #expect(spec.placement.replicas == 1)
    #expect(spec.decommissionAfter == TimeSpan("90d"))
  }

  @Test(
    "An invalid manifest is refused with its reason",
    arguments: [
      ("serves: {http: {run: /run}}", "port"),
      ("serves: {grpc: {}}", "grpc"),
      ("serves: stdio, rollout: {waves: [50%, 10%, 100%]}", "waves must rise and end at 100%"),
      ("serves: stdio, rollout: {waves: [10%]}", "waves must rise and end at 100%"),
      ("serves: stdio, placement: {replicas: -1}", "replicas"),
      ("serves: stdio, placement: {nodes: [Service/a]}", "Node/"),
      ("serves: stdio, price: {credits: -1, per: frame}", "credits"),
      ("serves: stdio, price: {credits: 0.0000001, per: frame}", "credits"),
      ("serves: stdio, decommissionAfter: 1h", "decommissionAfter"),
      ("serves: stdio, needs: {gpumemory: 1Gi}", "gpuMemory"),
      ("serves: stdio, security: {capabilities: [CAP_SYS_ADMIN]}", "would undo the sandbox"),
      ("serves: stdio, security: {writable: {/tmp/..: 1Mi}}", "absolute paths below /"),
      ("serves: stdio, security: {writable: {/a: 1Mi, /a/b: 1Mi}}", "is covered by the writable folder /a"),
      ("serves: stdio, environment: {\" A\": b}", "not a name of an environment variable"),
      ("serves: stdio, environment: {A: \"a\\0b\"}", "contains the control character U+0000"),
      ("serves: stdio, command: [\"a\\0b\"]", "contains the control character U+0000"),
      ("serves: {stdio: {command: [\"a\\0b\"]}}", "contains the control character U+0000"),
    ])
  func refused(fields: String, reason: String) {
    let diagnostics = load(fields).diagnostics.map(\.description)
    #expect(diagnostics.contains { $0.contains(reason) }, "\(diagnostics)")
  }
}
