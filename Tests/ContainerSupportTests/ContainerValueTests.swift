import ContainerFakes
import ContainerSupport
import Model
import Testing

@Suite("Values of containers")
struct ContainerValueTests {
  private static let digest = String(repeating: "ab", count: 32)

  @Test(
    "Images need a digest",
    arguments: [
      ("grafana/grafana:10.4.2@sha256:\(digest)", true, "tag and digest"),
      ("127.0.0.1:5055/echo@sha256:\(digest)", true, "a registry's port is not a tag"),
      ("grafana/grafana:10.4.2", false, "a tag alone can change its image"),
      ("grafana@sha256:abc", false, "a digest has 64 digits"),
      ("grafana@sha512:\(digest)", false, "only SHA-256"),
      ("@sha256:\(digest)", false, "no repository"),
      ("a b@sha256:\(digest)", false, "no blanks"),
      ("grafana:@sha256:\(digest)", false, "an empty tag"),
    ])
  func images(text: String, isImage: Bool, reason: String) {
    let image = PinnedImage(text)
    #expect((image != nil) == isImage, Comment(rawValue: reason))
    if let image { #expect(image.description == text) }
  }

  @Test(
    "Ports are published on loopback unless an address says otherwise",
    arguments: [
      ("9119:3000", "127.0.0.1:9119:3000", "no address: this host alone"),
      ("127.0.0.1:9119:3000", "127.0.0.1:9119:3000", "written out"),
      ("0.0.0.0:80:8080", "0.0.0.0:80:8080", "all addresses, where declared"),
      ("8089:8089/udp", "127.0.0.1:8089:8089/udp", "UDP"),
      ("8089:8089/tcp", "127.0.0.1:8089:8089", "TCP is the default"),
      ("3000", nil, "the host's port must be known to plan"),
      ("0:3000", nil, "0 would be another port every time"),
      ("70000:80", nil, "beyond 65535"),
      ("localhost:1:2", nil, "a name can change its address"),
      ("1:2/sctp", nil, "an unknown transport"),
    ])
  func ports(text: String, canonical: String?, reason: String) {
    #expect(PortBinding(text)?.description == canonical, Comment(rawValue: reason))
  }

  @Test("The digest of a template depends on its values, not on their order")
  func templateDigest() {
    var a = ContainerTemplate(image: .sample("grafana"), environment: ["A": .plain("1"), "B": .plain("2")])
    var b = a
    b.environment = ["B": .plain("2"), "A": .plain("1")]
    b.image = PinnedImage(name: a.image.name, tag: "another", digest: a.image.digest)
    #expect(a.digest == b.digest, "a tag is for people")
    b.security.addedCapabilities = ["CHOWN"]
    #expect(a.digest != b.digest)
    a.environment["P"] = .secret(.environment("PASSWORD"))
    b = a
    b.environment["P"] = .plain("env PASSWORD")
    #expect(a.digest != b.digest, "a text that looks like a reference is not one")
  }

  @Test("Names derive from owner, resource, replica, node and template")
  func names() {
    let plan = ContainerPlan.sample("echo", replica: 0, node: "a")
    #expect(
      plan.containerName(owner: "x") == ContainerPlan.sample("echo", node: "a").containerName(owner: "x"))
    #expect(plan.containerName(owner: "x").hasPrefix("rt-x-module-echo-0-"))
    let others = [
      ContainerPlan.sample("echo", replica: 1, node: "a"), .sample("echo", node: "b"),
      .sample("echo2", node: "a"),
      .sample("echo", node: "a", image: .sample("echo", tag: "2")),
    ]
    for other in others { #expect(other.containerName(owner: "x") != plan.containerName(owner: "x")) }
    #expect(plan.containerName(owner: "y") != plan.containerName(owner: "x"))
  }
}

extension ContainerPlan {
  static func sample(
    _ name: String, replica: Int = 0, node: String? = nil, image: PinnedImage = .sample("echo"),
    environment: [String: EnvironmentSource] = [:], health: HealthRule = .running, memory: String = "64Mi"
  ) -> ContainerPlan {
    ContainerPlan(
      resource: ResourceID(kind: "Module", name: name), replica: replica,
      node: node.map { ResourceID(kind: "Node", name: $0) }, engine: .local,
      template: ContainerTemplate(image: image, environment: environment),
      limits: ContainerLimits(memory: ByteCount(memory), cores: CoreCount(cores: 1), pids: 64), health: health
    )
  }
}
