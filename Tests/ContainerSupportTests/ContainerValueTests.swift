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
      ("[::1]:9119:3000", "[::1]:9119:3000", "an address of IPv6"),
      ("[0::0]:80:8080/udp", "[::]:80:8080/udp", "all addresses, in their shortest form"),
      ("::1:9119:3000", nil, "an IPv6 address without brackets"),
      ("[::1]9119:3000", nil, "no colon after the address"),
      ("x[::1]:9119:3000", nil, "text before the address"),
      ("127.0.0.01:1:2", nil, "a leading zero"),
      ("127.0.0.1:01:2", nil, "a leading zero in a port"),
      ("+1:2", nil, "a sign"),
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

  @Test("Names derive from marks, resource, replica, node and template")
  func names() {
    let plan = ContainerPlan.sample("echo", replica: 0, node: "a")
    #expect(plan.containerName(.test) == ContainerPlan.sample("echo", node: "a").containerName(.test))
    #expect(plan.containerName(.test).hasPrefix("rt_test_dev_module_echo_0_"))
    let others = [
      ContainerPlan.sample("echo", replica: 1, node: "a"), .sample("echo", node: "b"),
      .sample("echo2", node: "a"),
      .sample("echo", node: "a", image: .sample("echo", tag: "2")),
    ]
    for other in others { #expect(other.containerName(.test) != plan.containerName(.test)) }
    for marks in [Marks(controller: "y", environment: "dev"), Marks(controller: "test", environment: "stg")] {
      #expect(plan.containerName(marks) != plan.containerName(.test))
    }
  }

  @Test("No two resources have one name of a volume, whatever their names")
  func volumeNames() {
    let claims = ReconcileContext.test().claims
    func name(_ volume: String, _ resource: String) -> String {
      claims.volumeName(volume, of: ResourceID(kind: "Service", name: resource))
    }
    #expect(name("data", "web") == "rt_test_dev_service_web_data")
    #expect(name("b-c", "a") != name("c", "a-b"))
  }

  @Test("What version 0.4.0 created keeps its names, and so does what was renamed")
  func keptNames() {
    let (web, site) = (ResourceID(kind: "Service", name: "web"), ResourceID(kind: "Service", name: "site"))
    let held = ReconcileContext.test(holdings: [.test(.unmarked(web), "unmarked", web)])
    #expect(held.claims.volumeName("data", of: web) == "rt-test-service-web-data")
    #expect(held.claims.volumeName("data", of: site) == "rt_test_dev_service_site_data")
    let renamed = ReconcileContext.test(
      holdings: [
        .test(.unmarked(web), "unmarked", web),
        .test(.volume("rt-test-service-web-data", on: .local), "volume.data", web),
      ], moves: [Move(from: web, to: site)])
    #expect(renamed.claims.volumeName("data", of: site) == "rt-test-service-web-data")
    let elsewhere = ReconcileContext.test(
      holdings: [.test(.unmarked(web), "unmarked", web, environment: "stg")])
    #expect(elsewhere.claims.volumeName("data", of: web) == "rt_test_dev_service_web_data")
  }

  @Test(
    "Marks show what belongs to an environment of a controller",
    arguments: [
      ("test", "dev", "Service/web", true), ("test", "stg", "Service/web", false),
      ("other", "dev", "Service/web", false), ("other", nil, "Service/old", false),
      ("test", nil, "Service/old", true), ("test", nil, "Service/web", false),
    ])
  func marks(owner: String, environment: String?, resource: String, isOwn: Bool) throws {
    let marks = Marks(
      controller: "test", environment: "dev", unlabelled: [ResourceID(kind: "Service", name: "old")])
    let id = try #require(ResourceID(resource))
    #expect(marks.include(owner: owner, environment: environment, resource: id) == isOwn)
  }

  @Test("A volume of another resource is used only under a name that was recorded")
  func volumeOfAnother() {
    let (web, site) = (ResourceID(kind: "Service", name: "web"), ResourceID(kind: "Service", name: "site"))
    let labels = Marks.test.labels(ofVolumeOf: web)
    #expect(Marks.test.include(labels, ofVolume: "rt_test_dev_service_web_data", of: web))
    #expect(Marks.test.include(labels, ofVolume: "rt_test_dev_service_web_data", of: site))
    #expect(!Marks.test.include(labels, ofVolume: "rt_test_dev_service_site_data", of: site))
    #expect(!Marks.test.include([:], ofVolume: "legacy", of: site))
  }

  /// Containers of version 0.4.0 carry these digests. A template with another one would replace them all.
  @Test("The digests of templates stay as they were in version 0.4.0", arguments: TemplateDigests.all)
  func storedDigests(_ stored: TemplateDigests.Stored) {
    #expect(stored.template.digest.hex == stored.digest, "\(stored.name)")
  }
}

extension Holding {
  static func test(
    _ thing: Thing, _ role: String, _ resource: ResourceID, environment: String = "dev"
  ) -> Holding {
    Holding(
      thing: thing, role: role, environment: environment, resource: resource, holdsData: false,
      since: Timestamp(seconds: 1))
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
