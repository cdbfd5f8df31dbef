import ContainerFakes
import ContainerSupport
import Manifests
import Model
import Planning
import Reconciling
import Services
import Testing

/// The kind on an engine in memory: planner and backend as the loop uses them.
@Suite("Service, from manifest to container")
struct ServiceLifecycleTests {
  private let world = FakeEngines(secrets: [.environment("ADMIN"): "not-to-be-seen"])
  private var room: KindFixture<ServicePlanner, ServiceBackend> {
    KindFixture(ServicePlanner(), ServiceBackend(observer: world.support.observer, runner: world.support.runner))
  }

  private static let id = ResourceID(kind: "Service", name: "grafana")

  private static func service(
    tag: String = "1", _ change: (inout ServiceSpec) -> Void = { _ in }
  ) -> Resource<ServiceSpec> {
    var spec = ServiceSpec()
    spec.image = .sample("grafana", tag: tag)
    spec.ports = [PortBinding("9119:3000")].compactMap { $0 }
    spec.volumes = ["data": "/var/lib/grafana"]
    spec.environment = ["ADMIN": .secret(.environment("ADMIN")), "LEVEL": .plain("info")]
    var health = HealthSettings()
    health.http = HTTPHealthSettings()
    health.http?.port = 3000
    spec.health = health
    change(&spec)
    return .test("Service", "grafana", spec)
  }

  @Test("A service comes up, and then there is nothing to do")
  func create() async throws {
    let service = Self.service()
    let steps = try await room.apply(Self.id, service, in: .test())
    #expect(steps.map(\.summary) == ["create container grafana-0 from grafana:1"])
    #expect(steps.map(\.risk) == [.safe])
    #expect(try await room.plan(Self.id, service, in: .test()).isUpToDate)
    #expect(try await room.health(of: service, in: .test()) == .ready)
    #expect(world.local.volumeLabels["rt-test-service-grafana-data"]?["rendertrust.com/owner"] == "test")
  }

  @Test("Data is at risk when a service with volumes is made anew from something else")
  func risksData() async throws {
    let service = Self.service()
    try await room.apply(Self.id, service, in: .test())
    func facts(_ desired: Resource<ServiceSpec>, dead: Bool = false) async throws -> [SafetyFact] {
      let observed = try await room.observe(
        Subject(id: Self.id, desired: desired, lastApplied: service), in: .test())
      let containers = (observed?.containers ?? []).map { container in
        var container = container
        if dead { container.state = .dead }
        return container
      }
      let context = PlanContext(
        id: Self.id, lastApplied: service.map { $0 as any ResourceSpec }, surroundings: .test())
      return ServicePlanner().facts(desired, WorkloadObservation(containers), context)
    }
    #expect(try await facts(service) == [], "it stays as it is")
    #expect(try await facts(Self.service(tag: "2")) == [.risksData(volumes: ["data"])])
    #expect(try await facts(service, dead: true) == [], "it is made anew as it was")
    #expect(
      try await facts(Self.service(tag: "2") { $0.volumes = [:] }) == [.risksData(volumes: ["data"])],
      "it had the volume")
  }

  @Test("No step tells a secret")
  func stepsWithoutSecrets() async throws {
    let outcome = try await room.plan(Self.id, Self.service(), in: .test())
    #expect(!String(reflecting: outcome.steps).contains("not-to-be-seen"))
  }

  @Test("A changed image is pulled first, then the old container is stopped and the new one takes its place")
  func replace() async throws {
    try await room.apply(Self.id, Self.service(), in: .test())
    let before = world.local.changes.count
    let next = Self.service(tag: "2")
    let steps = try await room.apply(Self.id, next, lastApplied: Self.service(), in: .test())
    #expect(steps.map(\.action) == [.replace])
    #expect(steps.map(\.risk) == [.disruptive])
    #expect(steps[0].fields.map(\.path) == ["image"])
    let verbs = world.local.changes.dropFirst(before).map { $0.prefix { $0 != " " } }
    #expect(verbs == ["pull", "create", "stop", "start", "remove"])
    #expect(world.local.running.count == 1)
    #expect(try await room.plan(Self.id, next, lastApplied: next, in: .test()).isUpToDate)
  }

  @Test("An image that does not work leaves the old container at work, however often it is tried")
  func brokenReplacement() async throws {
    try await room.apply(Self.id, Self.service(), in: .test())
    let old = world.local.running
    world.local.makeUnhealthy(.sample("grafana", tag: "bad"))
    for _ in 0..<3 {
      await #expect(throws: BackendError.self) {
        try await room.apply(Self.id, Self.service(tag: "bad"), lastApplied: Self.service(), in: .test())
      }
      #expect(world.local.running == old)
      #expect(world.local.names == old)
    }
  }

  @Test("Limits are changed while it runs")
  func limits() async throws {
    try await room.apply(Self.id, Self.service(), in: .test())
    let name = world.local.names
    let larger = Self.service { $0.limits.memory = ByteCount(bytes: 1 << 30) }
    let steps = try await room.apply(Self.id, larger, lastApplied: Self.service(), in: .test())
    #expect(steps.map(\.action) == [.update])
    #expect(steps.map(\.reason) == ["limits changed"])
    #expect(
      steps[0].fields == [FieldChange("limits.memory", from: .string("512Mi"), to: .string("1Gi"))])
    #expect(world.local.names == name)
    #expect(try await room.plan(Self.id, larger, in: .test()).isUpToDate)
  }

  @Test("A service that left the manifests goes; its volume stays, and the step says so")
  func delete() async throws {
    let service = Self.service()
    try await room.apply(Self.id, service, in: .test())
    let steps = try await room.apply(Self.id, nil, lastApplied: service, in: .test())
    #expect(steps.count == 1)
    #expect(steps[0].action == .delete)
    #expect(steps[0].summary.hasSuffix("its volumes stay: rt-test-service-grafana-data"))
    #expect(world.local.names.isEmpty)
    #expect(world.local.volumeLabels.count == 1)
    #expect(try await room.plan(Self.id, nil, lastApplied: service, in: .test()).isUpToDate)
  }

  @Test("Two controllers with different owners share an engine without noticing")
  func twoOwners() async throws {
    let quiet = Self.service { $0.ports = [] }
    try await room.apply(Self.id, quiet, in: .test(owner: "a"))
    try await room.apply(Self.id, quiet, in: .test(owner: "b"))
    #expect(world.local.running.count == 2)
    try await room.apply(Self.id, nil, lastApplied: quiet, in: .test(owner: "a"))
    #expect(world.local.running.count == 1)
    #expect(try await room.plan(Self.id, quiet, in: .test(owner: "b")).isUpToDate)
  }

  @Test("A service waits for a node whose engine is not reached, and moves when its node changes")
  func nodes() async throws {
    let onNode = Self.service { $0.node = "Node/b" }
    let outcome = try await room.plan(Self.id, onNode, in: .test())
    #expect(outcome.waitsOn == "an engine on Node/b")
    try await room.apply(Self.id, Self.service(), in: .test())
    let context = ReconcileContext.test(compute: ["b": .test(engine: FakeEngines.secondAddress)])
    let steps = try await room.apply(Self.id, onNode, lastApplied: Self.service(), in: context)
    #expect(steps.map(\.action) == [.replace])
    #expect(world.local.names.isEmpty)
    #expect(world.second.running.count == 1)
    #expect(try await room.plan(Self.id, onNode, lastApplied: onNode, in: context).isUpToDate)
  }

  @Test("A service that never got to its new node and leaves is looked for on the old one")
  func unfinishedMove() async throws {
    let context = ReconcileContext.test(compute: ["a": .test(engine: FakeEngines.secondAddress), "b": .test()])
    let before = Self.service { $0.node = "Node/a" }
    try await room.apply(Self.id, before, in: context)
    let wanted = Self.service { $0.node = "Node/b" }
    let nodes = ["a", "b"].map { ResourceID(kind: "Node", name: $0) }
    let claimed = Resource(
      id: Self.id, metadata: wanted.metadata, spec: wanted.spec,
      references: nodes.map { Reference(target: $0, path: "spec.node", location: nil) }, location: nil,
      digest: wanted.digest)
    world.second.setReachable(false)
    let leaving = Subject(id: Self.id, desired: nil, lastApplied: claimed)
    let error = await #expect(throws: BackendError.self) { try await room.observe(leaving, in: context) }
    #expect(error?.code == "docker.unreachable", "what cannot be seen is not gone")
    world.second.setReachable(true)
    #expect(try await room.observe(leaving, in: context)?.containers.count == 1)
  }

  @Test("A failing check of a running service is told, and nothing is torn down for it")
  func degraded() async throws {
    let service = Self.service()
    try await room.apply(Self.id, service, in: .test())
    world.local.makeUnhealthy(service.spec.image)
    world.local.changeOutOfBand(world.local.names[0]) { $0.startedAt = Timestamp(seconds: 1) }
    #expect(try await room.plan(Self.id, service, in: .test()).isUpToDate)
    guard case .degraded("HealthCheckFailed", let message)? = try await room.health(of: service, in: .test())
    else {
      Issue.record("expected a failing health check")
      return
    }
    #expect(message.contains("GET / on port 3000: status 503"))
  }

  @Test("Killed anywhere in a replacement, the next run ends with one healthy container", arguments: 0..<8)
  func killedAnywhere(changes: Int) async throws {
    try await room.apply(Self.id, Self.service(), in: .test())
    let next = Self.service(tag: "2")
    world.local.failAfter(changes: changes)
    _ = try? await room.apply(Self.id, next, lastApplied: Self.service(), in: .test())
    world.local.failAfter(changes: nil)
    try await room.apply(Self.id, next, lastApplied: Self.service(), in: .test())
    #expect(try await room.plan(Self.id, next, lastApplied: next, in: .test()).isUpToDate)
    #expect(world.local.observations.map(\.image) == [next.spec.image.pullReference])
    #expect(world.local.observations.allSatisfy { $0.isHealthy })
  }
}
