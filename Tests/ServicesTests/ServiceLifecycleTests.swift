import ContainerFakes
import ContainerSupport
import KindSupport
import KindTestSupport
import Manifests
import Model
import Planning
import Reconciling
import Services
import Testing

/// The planner and the backend of the kind on an engine in memory.
@Suite("Lifecycle of a service")
struct ServiceLifecycleTests {
  private let fakes = FakeEngines(secrets: [.environment("ADMIN"): "not-to-be-seen"])
  private var fixture: KindFixture<ServicePlanner, ServiceBackend> {
    KindFixture(
      ServicePlanner(), ServiceBackend(fakes.support))
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

  @Test("A new service is created once")
  func create() async throws {
    let service = Self.service()
    let steps = try await fixture.apply(Self.id, service, in: .test())
    #expect(steps.map(\.summary) == ["create container grafana-0 from grafana:1"])
    #expect(steps.map(\.risk) == [.safe])
    #expect(try await fixture.plan(Self.id, service, in: .test()).isUpToDate)
    #expect(try await fixture.health(of: service, in: .test()) == .ready)
    #expect(fakes.local.volumeLabels["rt_test_dev_service_grafana_data"]?["rendertrust.com/owner"] == "test")
  }

  @Test("Replacing a service with volumes puts its data at risk")
  func risksData() async throws {
    let service = Self.service()
    try await fixture.apply(Self.id, service, in: .test())
    func facts(_ desired: Resource<ServiceSpec>, dead: Bool = false) async throws -> [SafetyFact] {
      let observed = try await fixture.observe(
        Subject(id: Self.id, desired: desired, lastApplied: service), in: .test())
      let containers = (observed?.containers ?? []).map { container in
        var container = container
        if dead { container.state = .dead }
        return container
      }
      let context = PlanContext(
        id: Self.id, lastApplied: service.map { $0 as any ResourceSpec }, reconcile: .test())
      return ServicePlanner().facts(desired, WorkloadObservation(containers), context)
    }
    #expect(try await facts(service) == [], "it is not replaced")
    #expect(try await facts(Self.service(tag: "2")) == [.risksData(volumes: ["data"])])
    #expect(try await facts(service, dead: true) == [], "the same container is created again")
    #expect(
      try await facts(Self.service(tag: "2") { $0.volumes = [:] }) == [.risksData(volumes: ["data"])],
      "it had the volume")
  }

  @Test("Steps contain no secrets")
  func stepsWithoutSecrets() async throws {
    let outcome = try await fixture.plan(Self.id, Self.service(), in: .test())
    #expect(!String(reflecting: outcome.steps).contains("not-to-be-seen"))
  }

  @Test("A replacement pulls the image, stops the old container and starts the new one")
  func replace() async throws {
    try await fixture.apply(Self.id, Self.service(), in: .test())
    let before = fakes.local.changes.count
    let next = Self.service(tag: "2")
    let steps = try await fixture.apply(Self.id, next, lastApplied: Self.service(), in: .test())
    #expect(steps.map(\.action) == [.replace])
    #expect(steps.map(\.risk) == [.disruptive])
    #expect(steps[0].fields.map(\.path) == ["image"])
    let verbs = fakes.local.changes.dropFirst(before).map { $0.prefix { $0 != " " } }
    #expect(verbs == ["pull", "create", "stop", "start", "remove"])
    #expect(fakes.local.running.count == 1)
    #expect(try await fixture.plan(Self.id, next, lastApplied: next, in: .test()).isUpToDate)
  }

  @Test("A failing image leaves the old container running at every attempt")
  func brokenReplacement() async throws {
    try await fixture.apply(Self.id, Self.service(), in: .test())
    let old = fakes.local.running
    fakes.local.makeUnhealthy(.sample("grafana", tag: "bad"))
    for _ in 0..<3 {
      await #expect(throws: BackendError.self) {
        try await fixture.apply(Self.id, Self.service(tag: "bad"), lastApplied: Self.service(), in: .test())
      }
      #expect(fakes.local.running == old)
      #expect(fakes.local.names == old)
    }
  }

  @Test("Limits change without a restart")
  func limits() async throws {
    try await fixture.apply(Self.id, Self.service(), in: .test())
    let name = fakes.local.names
    let larger = Self.service { $0.limits.memory = ByteCount(bytes: 1 << 30) }
    let steps = try await fixture.apply(Self.id, larger, lastApplied: Self.service(), in: .test())
    #expect(steps.map(\.action) == [.update])
    #expect(steps.map(\.reason) == ["limits changed"])
    #expect(
      steps[0].fields == [FieldChange("limits.memory", from: .string("512Mi"), to: .string("1Gi"))])
    #expect(fakes.local.names == name)
    #expect(try await fixture.plan(Self.id, larger, in: .test()).isUpToDate)
  }

  @Test("A service that left the manifests is removed; the step names the volume that stays")
  func delete() async throws {
    let service = Self.service()
    try await fixture.apply(Self.id, service, in: .test())
    let steps = try await fixture.apply(Self.id, nil, lastApplied: service, in: .test())
    #expect(steps.count == 1)
    #expect(steps[0].action == .delete)
    #expect(steps[0].summary.hasSuffix("its volumes stay: rt_test_dev_service_grafana_data"))
    #expect(fakes.local.names.isEmpty)
    #expect(fakes.local.volumeLabels.count == 1)
    #expect(try await fixture.plan(Self.id, nil, lastApplied: service, in: .test()).isUpToDate)
  }

  @Test("Two controllers with different owners share an engine")
  func twoOwners() async throws {
    let quiet = Self.service { $0.ports = [] }
    try await fixture.apply(Self.id, quiet, in: .test(owner: "a"))
    try await fixture.apply(Self.id, quiet, in: .test(owner: "b"))
    #expect(fakes.local.running.count == 2)
    try await fixture.apply(Self.id, nil, lastApplied: quiet, in: .test(owner: "a"))
    #expect(fakes.local.running.count == 1)
    #expect(try await fixture.plan(Self.id, quiet, in: .test(owner: "b")).isUpToDate)
  }

  @Test("A container that keeps exiting is not ready until it ran for ten seconds")
  func crashLoop() async throws {
    let service = Self.service { $0.environment["KEY"] = .plain("not-to-be-seen") }
    try await fixture.apply(Self.id, service, in: .test())
    let name = try #require(fakes.local.names.first)
    let now = Timestamp(seconds: 1_800_000_000)
    fakes.local.changeOutOfBand(name) {
      $0.state = .restarting
      $0.restarts = 7
      $0.exitCode = 3
    }
    guard case .degraded("CrashLoop", let message)? = try await fixture.health(of: service, in: .test())
    else {
      Issue.record("it is ready")
      return
    }
    #expect(
      message.hasPrefix(
        "\(name) exited with code 3, was restarted 7 times, the engine waits about 13s before"))
    #expect(message.contains("last line: LEVEL=‹redacted›"))
    #expect(try await fixture.plan(Self.id, service, lastApplied: service, in: .test()).isUpToDate)
    for (age, isReady) in [(9, false), (11, true)] {
      fakes.local.changeOutOfBand(name) {
        $0.state = .running
        $0.startedAt = Timestamp(seconds: now.microseconds / 1_000_000 - Int64(age))
      }
      let health = try await fixture.health(of: service, in: .test(now: now))
      #expect((health == .ready) == isReady, "\(age)s: \(String(describing: health))")
    }
  }

  @Test("Two environments of one controller never change each other's containers and volumes")
  func twoEnvironments() async throws {
    let quiet = Self.service { $0.ports = [] }
    try await fixture.apply(Self.id, quiet, in: .test(environment: "prod"))
    let prod = fakes.local.observations
    let steps = try await fixture.apply(Self.id, quiet, in: .test(environment: "stg"))
    #expect(steps.map(\.action) == [.create])
    #expect(Set(fakes.local.volumeLabels.keys).count == 2)
    try await fixture.apply(Self.id, nil, lastApplied: quiet, in: .test(environment: "stg"))
    #expect(fakes.local.observations == prod)
    #expect(
      try await fixture.plan(Self.id, quiet, lastApplied: quiet, in: .test(environment: "prod")).isUpToDate)
  }

  @Test("A container of version 0.4.0 belongs to the environment that holds it, and is not restarted")
  func formerContainer() async throws {
    let service = Self.service { $0.ports = [] }
    let unmarked = Holding(
      thing: .unmarked(Self.id), role: "unmarked", environment: "prod", resource: Self.id, holdsData: false,
      since: Timestamp(seconds: 1))
    let holder = ReconcileContext.test(environment: "prod", holdings: [unmarked])
    try await fixture.apply(Self.id, service, in: holder)
    let name = try #require(fakes.local.names.first)
    fakes.local.makeFormer(name)
    let before = fakes.local.changes
    #expect(fakes.local.volumeLabels.keys.sorted() == ["rt-test-service-grafana-data"])
    #expect(try await fixture.apply(Self.id, service, lastApplied: service, in: holder).isEmpty)
    #expect(fakes.local.changes == before)

    let other = ReconcileContext.test(environment: "stg", holdings: [unmarked])
    let steps = try await fixture.apply(Self.id, service, lastApplied: service, in: other)
    #expect(steps.map(\.action) == [.create])
    try await fixture.apply(Self.id, nil, lastApplied: service, in: other)
    #expect(fakes.local.names == [name])
    try await fixture.apply(Self.id, nil, lastApplied: service, in: holder)
    #expect(fakes.local.names.isEmpty)
  }

  @Test("A renamed service replaces its container and keeps its volumes")
  func renamed() async throws {
    let service = Self.service()
    try await fixture.apply(Self.id, service, in: .test())
    let volumes = fakes.local.volumeLabels
    let site = ResourceID(kind: "Service", name: "site")
    let renamed = Resource<ServiceSpec>.test("Service", "site", service.spec)
    let volume = Holding(
      thing: .volume("rt_test_dev_service_grafana_data", on: .local), role: "volume.data", environment: "dev",
      resource: Self.id, holdsData: false, since: Timestamp(seconds: 1))
    let context = ReconcileContext.test(holdings: [volume], moves: [Move(from: Self.id, to: site)])
    let steps = try await fixture.apply(site, renamed, in: context)
    #expect(steps.map(\.action) == [.replace] && steps.map(\.reason) == ["moved from Service/grafana"])
    #expect(fakes.local.observations.map(\.labels.resource) == [site])
    #expect(fakes.local.volumeLabels == volumes)
  }

  @Test("A service claims its host ports and its volumes, also under the names of version 0.4.0")
  func claims() throws {
    let service = Self.service {
      $0.externalVolumes = ["legacy": "/legacy", "rt-test-service-old-data": "/old"]
    }
    let kind = try #require(Services.kinds(fakes.support).first)
    let unmarked = Holding(
      thing: .unmarked(Self.id), role: "unmarked", environment: "dev", resource: Self.id, holdsData: false,
      since: Timestamp(seconds: 1))
    let claims = kind.claims(
      service.map { $0 as any ResourceSpec }, ReconcileContext.test(holdings: [unmarked]).claims)
    #expect(
      claims.map { "\($0.field): \($0.thing)" } == [
        "spec.ports[0]: host port 127.0.0.1:9119/tcp of the local engine",
        "spec.volumes.data: volume rt-test-service-grafana-data of the local engine",
        "spec.externalVolumes.rt-test-service-old-data: volume rt-test-service-old-data of the local engine",
      ])
    #expect(Set(claims.map(\.role)).count == claims.count)
  }

  @Test("A service waits for an unreachable engine and moves when its node changes")
  func nodes() async throws {
    let onNode = Self.service { $0.node = "Node/b" }
    let outcome = try await fixture.plan(Self.id, onNode, in: .test())
    #expect(outcome.waitingOn == "an engine on Node/b")
    #expect(outcome.waitsFor == [ResourceID(kind: "Node", name: "b")], "`why` continues there")
    try await fixture.apply(Self.id, Self.service(), in: .test())
    let context = ReconcileContext.test(compute: ["b": .test(engine: FakeEngines.secondAddress)])
    let steps = try await fixture.apply(Self.id, onNode, lastApplied: Self.service(), in: context)
    #expect(steps.map(\.action) == [.run, .replace], "the host port of the former node is released first")
    #expect(fakes.local.names.isEmpty)
    #expect(fakes.second.running.count == 1)
    #expect(try await fixture.plan(Self.id, onNode, lastApplied: onNode, in: context).isUpToDate)
  }

  @Test("A service that leaves during a move is observed on its old node")
  func unfinishedMove() async throws {
    let context = ReconcileContext.test(compute: [
      "a": .test(engine: FakeEngines.secondAddress), "b": .test(),
    ])
    let before = Self.service { $0.node = "Node/a" }
    try await fixture.apply(Self.id, before, in: context)
    let wanted = Self.service { $0.node = "Node/b" }
    let nodes = ["a", "b"].map { ResourceID(kind: "Node", name: $0) }
    let moving = Resource(
      id: Self.id, metadata: wanted.metadata, spec: wanted.spec,
      references: nodes.map { Reference(target: $0, path: "spec.node", location: nil) }, location: nil,
      digest: wanted.digest)
    fakes.second.setReachable(false)
    let leaving = Subject(id: Self.id, desired: nil, lastApplied: moving)
    let error = await #expect(throws: BackendError.self) { try await fixture.observe(leaving, in: context) }
    #expect(error?.code == "docker.unreachable", "unknown is not absent")
    fakes.second.setReachable(true)
    #expect(try await fixture.observe(leaving, in: context)?.containers.count == 1)
  }

  @Test("A failing check degrades a running service without a step")
  func degraded() async throws {
    let service = Self.service()
    try await fixture.apply(Self.id, service, in: .test())
    fakes.local.makeUnhealthy(service.spec.image)
    fakes.local.changeOutOfBand(fakes.local.names[0]) { $0.startedAt = Timestamp(seconds: 1) }
    #expect(try await fixture.plan(Self.id, service, in: .test()).isUpToDate)
    guard
      case .degraded("HealthCheckFailed", let message)? = try await fixture.health(of: service, in: .test())
    else {
      Issue.record("expected a failing health check")
      return
    }
    #expect(message.contains("GET / on port 3000: status 503"))
  }

  @Test("A replacement that was interrupted anywhere is completed by the next run", arguments: 0..<8)
  func killedAnywhere(changes: Int) async throws {
    try await fixture.apply(Self.id, Self.service(), in: .test())
    let next = Self.service(tag: "2")
    fakes.local.failAfter(changes: changes)
    _ = try? await fixture.apply(Self.id, next, lastApplied: Self.service(), in: .test())
    fakes.local.failAfter(changes: nil)
    try await fixture.apply(Self.id, next, lastApplied: Self.service(), in: .test())
    #expect(try await fixture.plan(Self.id, next, lastApplied: next, in: .test()).isUpToDate)
    #expect(fakes.local.observations.map(\.image) == [next.spec.image.pullReference])
    #expect(fakes.local.observations.allSatisfy { $0.isHealthy })
  }
}
