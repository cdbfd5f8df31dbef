import Manifests
import Model
import Nodes
import Testing

@Suite("Manifest of a node")
struct NodeSpecTests {
  private func load(_ spec: String) -> LoadResult {
    let text = """
      apiVersion: rendertrust.com/v1
      kind: Node
      metadata: {name: berlin-01, labels: {region: eu-central, tier: gpu}}
      spec: {\(spec)}

      """
    return ManifestLoader(kinds: [KindSchema(NodeSpec.self)]).load(text: text, name: "nodes.yaml")
  }

  @Test(
    "Every form of an engine decodes",
    arguments: [
      ("engine: {local: {}}", EngineAddress.local), ("engine: local", .local), ("engine: {relay: {}}", nil),
      ("engine: {socket: unix:///var/run/docker.sock}", .unix(path: "/var/run/docker.sock")),
      ("engine: {tcp: \"10.8.0.2:2375\"}", .tcp(host: "10.8.0.2", port: 2375)),
    ])
  func engines(field: String, address: EngineAddress?) throws {
    let result = load("owner: account/ada, gpu: {model: RTX3060, memory: 12Gi, count: 1}, cores: 8, \(field)")
    #expect(result.diagnostics.map(\.description) == [])
    let resource = try #require(result.desired?.resources.first?.typed(as: NodeSpec.self))
    let offer: ComputeOffer? = if case .compute(let offer)? = Nodes.offer(of: resource) { offer } else { nil }
    #expect(offer?.engine == address)
    if let offer { #expect(offer.labels["tier"] == "gpu" && offer.gpuMemory == ByteCount("12Gi")) }
  }

  @Test(
    "An invalid manifest is refused with its reason",
    arguments: [
      ("owner: ada, engine: local", "account/ada"), ("engine: local", "owner"),
      ("owner: account/ada", "engine"),
      ("owner: account/ada, engine: {socket: /var/run/docker.sock}", "unix:///var/run/docker.sock"),
      ("owner: account/ada, engine: {tcp: host}", "host:2375"),
      ("owner: account/ada, engine: local, gpu: {count: 2}", "memory"),
      ("owner: account/ada, engine: local, cores: 0", "cores"),
      ("owner: account/ada, engine: local, sandbox: {seccomp: unconfined}", "default"),
      (
        "owner: account/ada, engine: local, tunnel: {wireguard: {endpoint: \"a:1\", publicKey: short}}",
        "44 characters"
      ),
    ])
  func refused(fields: String, reason: String) {
    let diagnostics = load(fields).diagnostics.map(\.description)
    #expect(diagnostics.contains { $0.contains(reason) }, "\(diagnostics)")
  }
}
