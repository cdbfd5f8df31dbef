import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import Manifests
import Model
import Planning
import Reconciling
import Services
import Testing

/// The same way from manifest to container, on a real engine.
@Suite(
  "Service on a real engine",
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct ServiceContractTests {
  private static let id = ResourceID(kind: "Service", name: "web")

  private func room(_ world: DockerFixture) -> KindFixture<ServicePlanner, ServiceBackend> {
    KindFixture(ServicePlanner(), ServiceBackend(observer: world.support.observer, runner: world.support.runner))
  }

  private func service(
    _ world: DockerFixture, image: String = "webImage", _ change: (inout ServiceSpec) -> Void = { _ in }
  ) throws -> Resource<ServiceSpec> {
    var spec = ServiceSpec()
    spec.image = try world.image(image)
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

  @Test("It comes up hardened, labelled and within its limits, and answers at its port")
  func create() async throws {
    try await DockerFixture.with(secrets: [.environment("TOKEN"): "not-to-be-seen"]) { world in
      let port = try Loopback.freePort()
      let service = try service(world) {
        $0.ports = [PortBinding(hostAddress: "127.0.0.1", hostPort: port, containerPort: 8080)]
        $0.volumes = ["data": "/data"]
        $0.environment = ["LEVEL": .plain("info"), "TOKEN": .secret(.environment("TOKEN"))]
      }
      try await room(world).apply(Self.id, service, in: world.context())
      #expect(try await room(world).plan(Self.id, service, in: world.context()).isUpToDate)
      #expect(try await room(world).health(of: service, in: world.context()) == .ready)
      let container = try #require(try await world.containers().first)
      #expect(container.image == service.spec.image.pullReference)
      #expect(container.hardening == ContainerHardening())
      #expect(container.resources == ContainerResources(memory: 32 << 20, nanoCPUs: 250_000_000, pids: 32))
      #expect(container.labels["rendertrust.com/resource"] == "Service/web")
      #expect(container.labels["rendertrust.com/owner"] == world.owner)
      #expect(container.restart == .unlessStopped)
      #expect(container.environmentNames.contains("TOKEN"))
      #expect(container.ports.map(\.hostIP) == ["127.0.0.1"])
      #expect(try await world.volumes().map(\.name) == ["rt-\(world.owner)-service-web-data"])
      let answer = await HealthProbe.over(world.bed.client)(.init(address: "127.0.0.1", port: port), "/")
      #expect(answer == nil)
    }
  }

  @Test("Drift is mended: limits, a stop, a kill, a pause, a removal")
  func drift() async throws {
    try await DockerFixture.with { world in
      let service = try service(world)
      try await room(world).apply(Self.id, service, in: world.context())
      for accident in ["limits", "stop", "kill", "pause", "remove"] {
        let container = try #require(try await world.containers().first)
        switch accident {
        case "limits":
          try await world.engine.update(
            container.id, resources: ContainerResources(memory: 64 << 20, nanoCPUs: 250_000_000, pids: 32))
        case "stop": try await world.engine.stop(container.id, timeoutSeconds: 0)
        case "pause": try await world.engine.pause(container.id)
        case "kill": try await world.engine.kill(container.id)
        default: try await world.engine.remove(container.id, force: true)
        }
        let steps = try await room(world).apply(Self.id, service, lastApplied: service, in: world.context())
        #expect(steps.count == 1, "\(accident)")
        if accident == "limits" {
          #expect(
            steps.first?.fields == [FieldChange("limits.memory", from: .string("64Mi"), to: .string("32Mi"))])
        }
        #expect(try await world.containers().map(\.status) == [.running], "\(accident)")
        #expect(
          try await room(world).plan(Self.id, service, lastApplied: service, in: world.context()).isUpToDate,
          "\(accident)")
      }
    }
  }

  @Test("A new image takes the port over, and its volume; a broken one gives both back")
  func replace() async throws {
    try await DockerFixture.with { world in
      let port = try Loopback.freePort()
      let prepare: (inout ServiceSpec) -> Void = {
        $0.ports = [PortBinding(hostAddress: "127.0.0.1", hostPort: port, containerPort: 8080)]
        $0.volumes = ["data": "/data"]
      }
      let old = try service(world, prepare)
      let new = try service(world, image: "webImageNext", prepare)
      let broken = try service(world, image: "webImageNext") {
        prepare(&$0)
        $0.command = ["sh", "-c", "echo no such page; exit 3"]
      }
      try await room(world).apply(Self.id, old, in: world.context())
      try await room(world).apply(Self.id, new, lastApplied: old, in: world.context())
      #expect(try await world.containers().map(\.image) == [new.spec.image.pullReference])
      do {
        try await room(world).apply(Self.id, broken, lastApplied: new, in: world.context())
        Issue.record("a broken image was taken")
      } catch let error as BackendError {
        #expect(error.code == "health.failed")
        #expect(error.message.contains("no such page"))
        #expect(error.message.contains("was started again"))
      }
      #expect(try await world.containers().map(\.status) == [.running])
      #expect(
        try await room(world).plan(Self.id, new, lastApplied: new, in: world.context()).isUpToDate)
      let steps = try await room(world).apply(Self.id, nil, lastApplied: new, in: world.context())
      #expect(steps.count == 1)
      #expect(try await world.containers().isEmpty)
      #expect(try await world.volumes().count == 1)
    }
  }

  @Test("A health command is run by the engine")
  func command() async throws {
    try await DockerFixture.with { world in
      let service = try service(world) {
        $0.health?.http = nil
        $0.health?.command = ["wget", "-q", "-O", "/dev/null", "http://127.0.0.1:8080/health"]
        $0.health?.within = TimeSpan(seconds: 30)
      }
      try await room(world).apply(Self.id, service, in: world.context())
      #expect(try await world.containers().map(\.health) == [.healthy])
      #expect(try await room(world).health(of: service, in: world.context()) == .ready)
    }
  }

  @Test("A watch tells of what happens to our containers and of nothing else")
  func watch() async throws {
    try await DockerFixture.with { world in
      let service = try service(world)
      try await room(world).apply(Self.id, service, in: world.context())
      let (news, feed) = AsyncStream<ContainerWatch.Event>.makeStream()
      let watch = ContainerWatch(engines: world.support.engines, owner: world.owner)
      let task = Task { await watch.run { feed.yield($0) } }
      defer { task.cancel() }
      let id = try #require(try await world.containers().first?.id)
      // The watch may not listen yet: changes go on until one is heard of.
      let meddling = Task {
        while !Task.isCancelled {
          try await world.engine.update(
            id, resources: ContainerResources(memory: 32 << 20, nanoCPUs: 250_000_000, pids: 33))
        }
      }
      defer { meddling.cancel() }
      var iterator = news.makeAsyncIterator()
      #expect(await iterator.next() == .changed(Self.id))
    }
  }
}
