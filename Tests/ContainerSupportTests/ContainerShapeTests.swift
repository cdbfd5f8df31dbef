import ContainerFakes
import ContainerSupport
import DockerEngine
import FoundationEssentials
import Model
import Testing

@Suite("Shape of containers")
struct ContainerShapeTests {
  private static let template: ContainerTemplate = {
    var security = ContainerSecurity.strict
    security.user = "1000:1000"
    security.addedCapabilities = ["CAP_CHOWN", "NET_BIND_SERVICE"]
    return ContainerTemplate(
      image: .sample("web"), environment: ["LEVEL": .plain("info"), "TOKEN": .secret(.environment("TOKEN"))],
      security: security,
      ports: [PortBinding(hostAddress: .loopback4, hostPort: 9150, containerPort: 8080)],
      volumes: ["data": "/data"],
      healthCommand: ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health"])
  }()

  private static let plan = ContainerPlan(
    resource: ResourceID(kind: "Service", name: "web"), engine: .local, template: template,
    volumes: ["rt-0123456789abcdef-service-web-data": "/data"],
    limits: ContainerLimits(memory: ByteCount("512Mi"), cores: CoreCount(cores: 1), pids: 256),
    health: .command(within: TimeSpan(seconds: 60)))

  private static let declared = ContainerShape(declaredBy: template, mounts: plan.mounts)

  /// As a container of version 0.4.0 is reported.
  private static func stored() throws -> ObservedShape {
    let state = try JSONDecoder().decode(ContainerState.self, from: Data(StoredInspection.container.utf8))
    let image = try JSONDecoder().decode(ImageDefaults.self, from: Data(StoredInspection.image.utf8))
    return ObservedShape(ContainerShape(state), image: ImageSettings(image))
  }

  @Test("A container that version 0.4.0 created has no difference")
  func storedInspection() throws {
    let shape = try Self.stored()
    #expect(Self.declared.changes(from: shape, isRunning: true) == [])
    #expect(!String(reflecting: shape).contains("not-to-be-seen"))
    var withoutImage = shape
    withoutImage.image = nil
    #expect(Self.declared.changes(from: withoutImage, isRunning: true) == [])
  }

  struct Case: Sendable, CustomTestStringConvertible {
    let field: String
    let cure: ShapeChange.Cure
    let change: @Sendable (inout ContainerShape) -> Void
    var testDescription: String { field }

    init(
      _ field: String, _ cure: ShapeChange.Cure, _ change: @escaping @Sendable (inout ContainerShape) -> Void
    ) {
      self.field = field
      self.cure = cure
      self.change = change
    }
  }

  @Test(
    "Each setting that changes alone is one difference with its cure",
    arguments: [
      Case("networks", .connect) { $0.networks = [] },
      Case("networks", .connect) { $0.networks.insert("backend") },
      Case("ports", .connect) { $0.ports = [] },
      Case("restart", .update) { $0.restart = "no" },
      Case("limits.swap", .update) { $0.swap = .unlimited },
      Case("limits.swap", .update) { $0.swap = .limited(ByteCount(bytes: 1)) },
      Case("command", .replace) { $0.command = ["sh"] },
      Case("entrypoint", .replace) { $0.entrypoint = ["/bin/sh"] },
      Case("workingDirectory", .replace) { $0.workingDirectory = "/tmp" },
      Case("health.command", .replace) { $0.healthTest = [] },
      Case("init", .replace) { $0.usesInit = false },
      Case("keepsInputOpen", .replace) { $0.keepsInputOpen = true },
      Case("environment.LEVEL", .replace) { $0.environment["LEVEL"] = Digest(of: "debug") },
      Case("environment.TOKEN", .replace) { $0.environment["TOKEN"] = nil },
      Case("environment.LD_PRELOAD", .replace) { $0.environment["LD_PRELOAD"] = Digest(of: "/data/x.so") },
      Case("environment.PATH", .replace) { $0.environment["PATH"] = Digest(of: "/data") },
      Case("labels.traefik.enable", .replace) { $0.labels["traefik.enable"] = "true" },
      Case("security.user", .replace) { $0.user = "0" },
      Case("security.readOnlyRoot", .replace) { $0.readOnlyRoot = false },
      Case("security.newPrivileges", .replace) { $0.allowsNewPrivileges = true },
      Case("security.seccomp", .replace) { $0.seccomp = "unconfined" },
      Case("security.capabilities", .replace) { $0.addedCapabilities.insert("SYS_ADMIN") },
      Case("security.droppedCapabilities", .replace) { $0.droppedCapabilities = [] },
      Case("security.writable./tmp", .replace) { $0.tmpfs["/tmp"] = "rw,exec" },
      Case("security.writable./etc", .replace) { $0.tmpfs["/etc"] = "rw" },
      Case("mounts./data", .replace) { $0.mounts["/data"] = nil },
      Case("mounts./data", .replace) { $0.mounts["/data"] = .init("another") },
      Case("mounts./host", .replace) { $0.mounts["/host"] = .init("/", isVolume: false) },
      Case("mounts./more", .replace) { $0.mounts["/more"] = .init("named") },
      Case("gpus", .replace) { $0.gpuCount = -1 },
      Case("Privileged", .replace) { $0.deviations["Privileged"] = "true" },
      Case("CpusetCpus", .replace) { $0.deviations["CpusetCpus"] = "0" },
    ])
  func difference(_ test: Case) throws {
    var observed = try Self.stored()
    test.change(&observed.shape)
    let changes = Self.declared.changes(from: observed, isRunning: true)
    #expect(changes.map(\.change.path) == [test.field] && changes.map(\.cure) == [test.cure], "\(changes)")
  }

  @Test("Ports count only while a container runs and is in its network")
  func ports() throws {
    var observed = try Self.stored()
    observed.shape.ports = []
    #expect(Self.declared.changes(from: observed, isRunning: false) == [])
    observed.shape.networks = []
    #expect(Self.declared.changes(from: observed, isRunning: true).map(\.change.path) == ["networks"])
  }

  @Test("A volume that the engine made for a path of the image is no difference")
  func imageVolume() throws {
    var observed = try Self.stored()
    observed.shape.mounts["/cache"] = .init(String(repeating: "0a", count: 32))
    #expect(Self.declared.changes(from: observed, isRunning: true).map(\.change.path) == ["mounts./cache"])
    observed.image?.volumes = ["/cache"]
    #expect(Self.declared.changes(from: observed, isRunning: true) == [])
  }

  @Test("Paths of an image count as the engine writes them, and labels of the engine do not")
  func engineForms() throws {
    let config = StoredInspection.image.replacing("\"WorkingDir\": \"/\"", with: "\"WorkingDir\": \"\"")
      .replacing("\"Volumes\": null", with: "\"Volumes\": {\"/cache/\": {}}")
    #expect(config.contains("/cache/"))
    let image = ImageSettings(try JSONDecoder().decode(ImageDefaults.self, from: Data(config.utf8)))
    #expect(image.workingDirectory == "/" && image.volumes == ["/cache"])
    let text = StoredInspection.container.replacing(
      "\"rendertrust.com/replica\"",
      with: "\"desktop.docker.io/ports.scheme\": \"v2\", \"rendertrust.com/replica\"")
    #expect(text.contains("desktop.docker.io"))
    let state = try JSONDecoder().decode(ContainerState.self, from: Data(text.utf8))
    let observed = ObservedShape(ContainerShape(state), image: image)
    #expect(Self.declared.changes(from: observed, isRunning: true) == [])
  }

  @Test("An engine reports settings that widen the reach of a container by its own names")
  func deviations() throws {
    var text = StoredInspection.container
    for (from, to) in [
      ("\"PidMode\": \"\"", "\"PidMode\": \"host\""), ("\"Privileged\": false", "\"Privileged\": true"),
      ("\"CpuShares\": 0", "\"CpuShares\": 2"),
      ("\"Devices\": null", "\"Devices\": [{\"PathOnHost\": \"/dev/sda\"}]"),
      ("\"GroupAdd\": null", "\"GroupAdd\": [\"0\"]"), ("\"Dns\": null", "\"Dns\": [\"10.0.0.1\"]"),
      ("\"no-new-privileges\"", "\"no-new-privileges\", \"apparmor=unconfined\""),
    ] {
      #expect(text.contains(from))
      text = text.replacing(from, with: to)
    }
    let state = try JSONDecoder().decode(ContainerState.self, from: Data(text.utf8))
    #expect(
      state.deviations == [
        "PidMode": "host", "Privileged": "true", "CpuShares": "2", "Devices": "/dev/sda", "GroupAdd": "0",
        "Dns": "10.0.0.1", "SecurityOpt": "apparmor=unconfined",
      ])
  }
}
