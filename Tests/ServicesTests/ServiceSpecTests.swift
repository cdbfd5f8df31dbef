import ContainerSupport
import Manifests
import Model
import Services
import Testing

@Suite("Manifest of a service")
struct ServiceSpecTests {
  private static let digest = String(repeating: "ab", count: 32)

  private func load(_ spec: String) -> LoadResult {
    let text = """
      apiVersion: rendertrust.com/v1
      kind: Service
      metadata: {name: grafana}
      spec: \(spec)

      """
    return ManifestLoader(kinds: [KindSchema(ServiceSpec.self)]).load(text: text, name: "grafana.yaml")
  }

  @Test("The canonical form of a manifest decodes to the same spec")
  func canonicalForm() throws {
    let result = load(
      """
      {image: "grafana/grafana:10.4.2@sha256:\(Self.digest)", ports: ["9119:3000"],
        volumes: {data: /var/lib/grafana}, environment: {LEVEL: info, PASSWORD: {env: GRAFANA_PASSWORD}},
        health: {http: {port: 3000, path: /api/health}, within: 60s},
        limits: {memory: 512Mi, cores: 1, pids: 256}}
      """)
    #expect(result.diagnostics.map(\.description) == [])
    let spec = try #require(result.desired?.resources.first?.spec as? ServiceSpec)
    #expect(spec.ports.map(\.description) == ["127.0.0.1:9119:3000"])
    #expect(spec.environment["PASSWORD"] == .secret(.environment("GRAFANA_PASSWORD")))
    #expect(spec.security == SecuritySettings())
    let again = load(spec.value.json)
    #expect(again.desired?.resources.first?.spec as? ServiceSpec == spec)
  }

  @Test(
    "An unsafe or contradictory manifest is refused with its reason",
    arguments: [
      ("image: \"grafana:10\"", "an image by digest"),
      ("security: {user: root}", "containers never run as root"),
      ("security: {user: \"0:0\"}", "containers never run as root"),
      ("security: {user: \"00\"}", "containers never run as root"),
      ("security: {capabilities: [SYS_ADMIN]}", "would undo the sandbox"),
      ("security: {capabilities: [net_admin]}", "capability"),
      ("security: {writable: {tmp: 1Mi}}", "absolute paths below /"),
      ("volumes: {data: relative}", "an absolute path below /"),
      ("volumes: {../etc: /etc}", "volume names"),
      ("volumes: {a: /data, b: /data}", "two volumes are mounted at /data"),
      ("ports: [\"80:8080\", \"0.0.0.0:80:8081\"]", "host port 80 is declared twice"),
      ("ports: [\"localhost:80:8080\"]", "container port"),
      ("environment: {\"A=B\": c}", "not a name of an environment variable"),
      ("health: {within: 5s}", "either `http` or `command`"),
      ("health: {http: {port: 1}, command: [a]}", "either `http` or `command`"),
      ("limits: {memory: 1Mi}", "memory"),
      ("node: Service/other", "Node/"),
    ])
  func refused(field: String, reason: String) {
    let image = field.hasPrefix("image") ? "" : "image: \"a@sha256:\(Self.digest)\", "
    let diagnostics = load("{\(image)\(field)}").diagnostics.map(\.description)
    #expect(diagnostics.contains { $0.contains(reason) }, "\(diagnostics)")
  }
}
