import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import KindTestSupport
import Manifests
import Model
import Planning
import Reconciling
import Services
import Testing

/// The same lifecycle as `ServiceLifecycleTests`, on a real engine.
@Suite(
  "Service on a real engine",
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct ServiceContractTests {
  private static let id = ResourceID(kind: "Service", name: "web")

  private func fixture(_ docker: DockerFixture) -> KindFixture<ServicePlanner, ServiceBackend> {
    KindFixture(
      ServicePlanner(), ServiceBackend(docker.support))
  }

  private func service(
    _ docker: DockerFixture, image: String = "webImage", _ change: (inout ServiceSpec) -> Void = { _ in }
  ) throws -> Resource<ServiceSpec> {
    var spec = ServiceSpec()
    spec.image = try docker.image(image)
    spec.limits.memory = ByteCount(bytes: 32 << 20)
    spec.limits.cores = CoreCount(thousandths: 250)
    spec.limits.pids = 32
    spec.health = HealthSettings()
    spec.health?.http = HTTPHealthSettings()
    spec.health?.http?.port = 8080
    spec.health?.http?.path = "/health"
    spec.health?.within = TimeSpan(seconds: 15)
    change(&spec)
    return .test("Service", "web", spec)
  }

  @Test("A service starts hardened, labelled and limited, and answers at its port")
  func create() async throws {
    try await DockerFixture.with(secrets: [.environment("TOKEN"): "not-to-be-seen"]) { docker in
      let port = try Loopback.freePort()
      let service = try service(docker) {
        $0.ports = [PortBinding(hostAddress: "127.0.0.1", hostPort: port, containerPort: 8080)]
        $0.volumes = ["data": "/data"]
        $0.environment = ["LEVEL": .plain("info"), "TOKEN": .secret(.environment("TOKEN"))]
      }
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      #expect(try await fixture(docker).plan(Self.id, service, in: docker.context()).isUpToDate)
      #expect(try await fixture(docker).health(of: service, in: docker.context()) == .ready)
      let container = try #require(try await docker.containers().first)
      #expect(container.image == service.spec.image.pullReference)
      #expect(container.hardening == ContainerHardening())
      #expect(container.resources == ContainerResources(memory: 32 << 20, nanoCPUs: 250_000_000, pids: 32))
      #expect(container.labels["rendertrust.com/resource"] == "Service/web")
      #expect(container.labels["rendertrust.com/owner"] == docker.owner)
      #expect(container.restart == .unlessStopped)
      #expect(container.environmentNames.contains("TOKEN"))
      #expect(container.ports.map(\.hostIP) == ["127.0.0.1"])
      #expect(try await docker.volumes().map(\.name) == ["rt-\(docker.owner)-service-web-data"])
      let answer = await HealthProbe.over(docker.bed.client)(.init(address: "127.0.0.1", port: port), "/")
      #expect(answer == nil)
    }
  }

  @Test("Changed limits, a stop, a kill, a pause and a removal are corrected")
  func drift() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker)
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      for change in ["limits", "stop", "kill", "pause", "remove"] {
        let container = try #require(try await docker.containers().first)
        switch change {
        case "limits":
          try await docker.engine.update(
            container.id, resources: ContainerResources(memory: 64 << 20, nanoCPUs: 250_000_000, pids: 32))
        case "stop": try await docker.engine.stop(container.id, timeoutSeconds: 0)
        case "pause": try await docker.engine.pause(container.id)
        case "kill": try await docker.engine.kill(container.id)
        default: try await docker.engine.remove(container.id, force: true)
        }
        let steps = try await fixture(docker).apply(
          Self.id, service, lastApplied: service, in: docker.context())
        #expect(steps.count == 1, "\(change)")
        if change == "limits" {
          #expect(
            steps.first?.fields == [FieldChange("limits.memory", from: .string("64Mi"), to: .string("32Mi"))])
        }
        #expect(try await docker.containers().map(\.status) == [.running], "\(change)")
        #expect(
          try await fixture(docker).plan(Self.id, service, lastApplied: service, in: docker.context())
            .isUpToDate,
          "\(change)")
      }
    }
  }

  @Test("A new image takes over port and volume; a broken image leaves them to the old container")
  func replace() async throws {
    try await DockerFixture.with { docker in
      let port = try Loopback.freePort()
      let prepare: (inout ServiceSpec) -> Void = {
        $0.ports = [PortBinding(hostAddress: "127.0.0.1", hostPort: port, containerPort: 8080)]
        $0.volumes = ["data": "/data"]
      }
      let old = try service(docker, prepare)
      let new = try service(docker, image: "webImageNext", prepare)
      let broken = try service(docker, image: "webImageNext") {
        prepare(&$0)
        $0.command = ["sh", "-c", "echo no such page; exit 3"]
      }
      try await fixture(docker).apply(Self.id, old, in: docker.context())
      try await fixture(docker).apply(Self.id, new, lastApplied: old, in: docker.context())
      #expect(try await docker.containers().map(\.image) == [new.spec.image.pullReference])
      do {
        try await fixture(docker).apply(Self.id, broken, lastApplied: new, in: docker.context())
        Issue.record("a broken image was accepted")
      } catch let error as BackendError {
        #expect(error.code == "health.failed")
        #expect(error.message.contains("no such page"))
        #expect(error.message.contains("was started again"))
      }
      #expect(try await docker.containers().map(\.status) == [.running])
      #expect(
        try await fixture(docker).plan(Self.id, new, lastApplied: new, in: docker.context()).isUpToDate)
      let steps = try await fixture(docker).apply(Self.id, nil, lastApplied: new, in: docker.context())
      #expect(steps.count == 1)
      #expect(try await docker.containers().isEmpty)
      #expect(try await docker.volumes().count == 1)
    }
  }

  @Test("The engine runs the health command")
  func command() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker) {
        $0.health?.http = nil
        $0.health?.command = ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health"]
        $0.health?.within = TimeSpan(seconds: 30)
      }
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      #expect(try await docker.containers().map(\.health) == [.healthy])
      #expect(try await fixture(docker).health(of: service, in: docker.context()) == .ready)
    }
  }

  @Test("A watch reports changes of the platform's containers only")
  func watch() async throws {
    try await DockerFixture.with { docker in
      let service = try service(docker)
      try await fixture(docker).apply(Self.id, service, in: docker.context())
      let (events, continuation) = AsyncStream<ContainerWatch.Event>.makeStream()
      let watch = ContainerWatch(engines: docker.support.engines, owner: docker.owner)
      let task = Task { await watch.run { continuation.yield($0) } }
      defer { task.cancel() }
      let id = try #require(try await docker.containers().first?.id)
      // The watch may not be connected yet, so changes go on until one is reported.
      let changing = Task {
        while !Task.isCancelled {
          try await docker.engine.update(
            id, resources: ContainerResources(memory: 32 << 20, nanoCPUs: 250_000_000, pids: 33))
        }
      }
      defer { changing.cancel() }
      var iterator = events.makeAsyncIterator()
      #expect(await iterator.next() == .changed(Self.id))
    }
  }
}
