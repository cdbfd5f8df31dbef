import ContainerFakes
import ContainerSupport
import KindTestSupport
import Manifests
import Model
import Nodes
import Planning
import Reconciling
import Testing

@Suite("Lifecycle of a node")
struct NodeLifecycleTests {
  private let fakes = FakeEngines()
  private static let id = ResourceID(kind: "Node", name: "dev-1")
  private static let volume = "rt_test_dev_node_dev-1"

  private func fixture(_ fakes: FakeEngines) -> KindFixture<NodePlanner, NodeBackend> {
    let engines = fakes.support.engines
    return KindFixture(NodePlanner(canonical: { engines.canonical($0) }), NodeBackend(engines: engines))
  }

  private static func node(
    labels: [String: String] = ["tier": "gpu"], _ change: (inout NodeSpec) -> Void = { _ in }
  ) -> Resource<NodeSpec> {
    var spec = NodeSpec()
    spec.owner = "account/ada"
    spec.engine = .local
    spec.gpu = GPUSettings()
    spec.gpu?.mock = true
    change(&spec)
    return .test("Node", "dev-1", spec, labels: labels)
  }

  @Test("A new node is recorded on its engine once")
  func register() async throws {
    let node = Self.node()
    let steps = try await fixture(fakes).apply(Self.id, node, in: .test())
    #expect(steps.map(\.summary) == ["register Node/dev-1 with the local engine"])
    let labels = try #require(fakes.local.volumeLabels[Self.volume])
    #expect(labels["rendertrust.com/owner"] == "test")
    #expect(labels["rendertrust.com/resource"] == "Node/dev-1")
    #expect(labels["rendertrust.com/node.spec.gpu.memory"] == "12Gi")
    #expect(labels["rendertrust.com/node.labels.tier"] == "gpu")
    #expect(try await fixture(fakes).plan(Self.id, node, in: .test()).isUpToDate)
    #expect(try await fixture(fakes).health(of: node, in: .test()) == .ready)
  }

  @Test("Changed capabilities update the record, with the changed fields")
  func change() async throws {
    try await fixture(fakes).apply(Self.id, Self.node(), in: .test())
    let cordoned = Self.node(labels: ["tier": "cpu"]) { $0.schedulable = false }
    let steps = try await fixture(fakes).apply(Self.id, cordoned, lastApplied: Self.node(), in: .test())
    #expect(steps.map(\.action) == [.update])
    #expect(steps[0].fields.map(\.path) == ["labels.tier", "schedulable"])
    #expect(try await fixture(fakes).plan(Self.id, cordoned, in: .test()).isUpToDate)
  }

  @Test("A removed record is restored")
  func drift() async throws {
    try await fixture(fakes).apply(Self.id, Self.node(), in: .test())
    let engine = try fakes.support.engines.engine(at: .local)
    try await engine.removeVolume(Self.volume)
    let steps = try await fixture(fakes).apply(Self.id, Self.node(), lastApplied: Self.node(), in: .test())
    #expect(steps.map(\.reason) == ["not registered there"])
    #expect(fakes.local.volumeLabels[Self.volume] != nil)
  }

  @Test("Removing a node removes its record and names the containers that stay")
  func remove() async throws {
    let node = Self.node()
    try await fixture(fakes).apply(Self.id, node, in: .test())
    let plan = ContainerPlan(
      resource: ResourceID(kind: "Module", name: "echo"), node: Self.id, engine: .local,
      template: ContainerTemplate(image: .sample("echo")),
      limits: ContainerLimits(memory: nil, cores: nil, pids: nil), health: .running)
    try await fakes.support.runner.run(.create(plan), .test)
    let steps = try await fixture(fakes).apply(Self.id, nil, lastApplied: node, in: .test())
    #expect(steps.count == 1)
    #expect(
      steps[0].summary.contains(
        "1 container(s) still run there and stay: \(plan.containerName(.test))"))
    #expect(fakes.local.volumeLabels.isEmpty)
    #expect(fakes.local.running.count == 1)
    #expect(try await fixture(fakes).plan(Self.id, nil, lastApplied: node, in: .test()).isUpToDate)
  }

  @Test("A node that moves to another engine removes its old record")
  func move() async throws {
    try await fixture(fakes).apply(Self.id, Self.node(), in: .test())
    let moved = Self.node { $0.engine = .socket(UnixSocket(manifestText: "unix:///run/second.sock")!) }
    let steps = try await fixture(fakes).apply(Self.id, moved, lastApplied: Self.node(), in: .test())
    #expect(steps.map(\.action) == [.create, .delete])
    #expect(fakes.local.volumeLabels.isEmpty)
    #expect(fakes.second.volumeLabels[Self.volume] != nil)
    #expect(try await fixture(fakes).plan(Self.id, moved, lastApplied: Self.node(), in: .test()).isUpToDate)
  }

  @Test("The socket of the local engine means the local engine")
  func localBySocket() async throws {
    let node = Self.node { $0.engine = .socket(UnixSocket(manifestText: "unix:///run/local.sock")!) }
    try await fixture(fakes).apply(Self.id, node, in: .test())
    #expect(try await fixture(fakes).plan(Self.id, node, in: .test()).isUpToDate)
    let engines = fakes.support.engines
    guard case .compute(let offer)? = Nodes.offer(of: node, canonical: { engines.canonical($0) }) else {
      Issue.record("it has no offer")
      return
    }
    #expect(offer.engine == .local)
    #expect(offer.hasMockGPU && offer.gpuCount == 1 && offer.labels == ["tier": "gpu"])
  }

  @Test("The guards receive the offer before and after")
  func safetyFacts() {
    let cordoned = Self.node { $0.schedulable = false }
    func facts(_ desired: Resource<NodeSpec>?) -> [SafetyFact] {
      NodePlanner().facts(
        desired, nil,
        PlanContext(
          id: Self.id, lastApplied: Self.node().map { $0 as any ResourceSpec }, reconcile: .test()))
    }
    guard case .compute(let before?, let after?)? = facts(cordoned).first else {
      Issue.record("there is no fact")
      return
    }
    #expect(before.isSchedulable && !after.isSchedulable)
    #expect(facts(nil) == [.compute(before: before, after: nil)])
  }

  @Test("A node behind a relay needs no step and offers no engine")
  func relay() async throws {
    let node = Self.node { $0.engine = .relay }
    let outcome = try await fixture(fakes).plan(Self.id, node, in: .test())
    guard case .upToDate = outcome else {
      Issue.record("\(outcome)")
      return
    }
    let subject = Subject(id: Self.id, desired: node, lastApplied: nil)
    let backend = NodeBackend(engines: fakes.support.engines)
    let seen = try #require(try await backend.observe([subject], in: .test())[Self.id]?.get())
    guard case .noted("BehindRelay", _) = backend.health(of: subject, observed: seen, in: .test()) else {
      Issue.record("its health does not mention the relay")
      return
    }
    guard case .compute(let offer)? = Nodes.offer(of: node) else {
      Issue.record("it has no offer")
      return
    }
    #expect(offer.engine == nil && ComputeNeeds().obstacle(on: Self.id, offer) == "is behind a relay")
  }

  @Test("A mock GPU is refused unless the environment allows it")
  func mockGPU() async throws {
    let error = await #expect(throws: PlanError.self) {
      try await fixture(fakes).plan(
        Self.id, Self.node(), in: .test(environment: "prod", allowsMockGPUs: false))
    }
    #expect(error?.message.contains("environment prod") == true)
    #expect(error?.hint?.contains("Environment/prod") == true)
  }

  @Test(
    "An edge node needs a GPU of 12 GB or 4 cores (seeds, Deployment)",
    arguments: [(4, nil, true), (2, "12Gi", true), (2, "6Gi", false), (2, nil, false), (8, "6Gi", true)])
  func capabilities(cores: Int, gpu: String?, isEnough: Bool) async throws {
    let machine = EngineInfo(
      version: "24", cores: 8, memory: ByteCount(bytes: 64 << 30), isRootless: true, hasSeccomp: true,
      runtimes: ["nvidia", "runc"], cgroupVersion: "2")
    let node = Self.node {
      $0.cores = cores
      $0.gpu = gpu.map { memory in
        var settings = GPUSettings()
        settings.memory = ByteCount(memory) ?? settings.memory
        return settings
      }
    }
    let fixture = fixture(FakeEngines(machine: machine))
    if isEnough {
      let outcome = try await fixture.plan(
        Self.id, node, in: .test(environment: "prod", allowsMockGPUs: false))
      #expect(outcome.steps.count == 1)
    } else {
      await #expect(throws: PlanError.self) {
        try await fixture.plan(Self.id, node, in: .test(environment: "prod", allowsMockGPUs: false))
      }
    }
  }

  @Test("An engine that provides less than the manifest declares degrades the node")
  func degraded() async throws {
    let cases: [(String, @Sendable (inout NodeSpec) -> Void)] = [
      ("GPUMissing", { $0.gpu?.mock = false }), ("SandboxMissing", { $0.sandbox.rootless = true }),
      ("SandboxMissing", { $0.sandbox.runtime = "kata" }),
      (
        "Overcommitted",
        {
          $0.cores = 16
          $0.gpu = nil
        }
      ),
      (
        "Overcommitted",
        {
          $0.memory = ByteCount(bytes: 1 << 40)
          $0.gpu = nil
        }
      ),
    ]
    for (reason, change) in cases {
      let node = Self.node(change)
      try await fixture(fakes).apply(Self.id, node, in: .test())
      let health = try await fixture(fakes).health(of: node, in: .test(allowsMockGPUs: false))
      guard case .degraded(let found, _)? = health else {
        Issue.record("expected \(reason), found \(String(describing: health))")
        continue
      }
      #expect(found == reason)
    }
  }

  @Test("The record on an engine that does not answer is unknown, not absent")
  func unreachable() async throws {
    fakes.local.setReachable(false)
    await #expect(throws: BackendError.self) {
      try await fixture(fakes).plan(Self.id, Self.node(), in: .test())
    }
    await #expect(throws: BackendError.self) {
      try await fixture(fakes).plan(Self.id, nil, lastApplied: Self.node(), in: .test())
    }
  }
}
