import ContainerFakes
import ContainerSupport
import KindTestSupport
import Manifests
import Model
import Modules
import Planning
import RandomSupport
import Reconciling
import Testing

/// The planner and the backend of the kind on engines in memory.
@Suite("Lifecycle of a module")
struct ModuleLifecycleTests {
  private let fakes = FakeEngines()
  private var fixture: KindFixture<ModulePlanner, ModuleBackend> {
    KindFixture(
      ModulePlanner(), ModuleBackend(fakes.support))
  }

  private static let id = ResourceID(kind: "Module", name: "echo")
  private static let nodes: [String: ComputeOffer] = [
    "a": .test(), "b": .test(engine: FakeEngines.secondAddress),
  ]
  private static let context = ReconcileContext.test(compute: nodes)

  private static func module(
    tag: String = "1", replicas: Int = 2, _ change: (inout ModuleSpec) -> Void = { _ in }
  ) -> Resource<ModuleSpec> {
    .test(
      "Module", "echo",
      .sample(tag: tag) {
        $0.placement.replicas = replicas
        change(&$0)
      })
  }

  private var images: [String] { (fakes.local.observations + fakes.second.observations).map(\.image) }

  @Test("The number of containers follows the number of replicas")
  func replicas() async throws {
    for replicas in [2, 5, 1, 0, 3] {
      let module = Self.module(replicas: replicas)
      try await fixture.apply(Self.id, module, in: Self.context)
      #expect(images.count == replicas)
      #expect(try await fixture.plan(Self.id, module, in: Self.context).isUpToDate)
      #expect(abs(fakes.local.names.count - fakes.second.names.count) <= 1 || replicas == 3)
    }
  }

  @Test("A new image replaces container by container, each healthy before the old one is removed")
  func rollout() async throws {
    let old = Self.module(replicas: 3)
    try await fixture.apply(Self.id, old, in: Self.context)
    let new = Self.module(tag: "2", replicas: 3)
    let steps = try await fixture.apply(Self.id, new, lastApplied: old, in: Self.context)
    #expect(steps.map(\.action) == [.replace, .replace, .replace])
    #expect(steps.allSatisfy { $0.risk == .safe && $0.fields.map(\.path) == ["image"] })
    #expect(Set(images) == [new.spec.image.pullReference])
    let started = fakes.local.changes.lastIndex { $0.hasPrefix("start") } ?? 0
    let stopped = fakes.local.changes.lastIndex { $0.hasPrefix("stop") } ?? 0
    #expect(started < stopped)
    #expect(try await fixture.plan(Self.id, new, lastApplied: new, in: Self.context).isUpToDate)
  }

  @Test("A failing image ends the rollout with every old container running, at every attempt")
  func brokenRollout() async throws {
    let old = Self.module(replicas: 3)
    try await fixture.apply(Self.id, old, in: Self.context)
    let before = fakes.local.running + fakes.second.running
    fakes.local.makeUnhealthy(.sample("echo", tag: "bad"))
    fakes.second.makeUnhealthy(.sample("echo", tag: "bad"))
    for _ in 0..<3 {
      await #expect(throws: BackendError.self) {
        try await fixture.apply(
          Self.id, Self.module(tag: "bad", replicas: 3), lastApplied: old, in: Self.context)
      }
      #expect(fakes.local.running + fakes.second.running == before)
      #expect(images.count == 3)
    }
    #expect(try await fixture.plan(Self.id, old, lastApplied: old, in: Self.context).isUpToDate)
  }

  @Test(
    "A change outside the controller is corrected",
    arguments: ["stop", "kill", "remove", "limits", "pause"])
  func drift(change: String) async throws {
    let module = Self.module()
    try await fixture.apply(Self.id, module, in: Self.context)
    let name = try #require(fakes.local.names.first)
    switch change {
    case "stop": fakes.local.changeOutOfBand(name) { $0.state = .exited(0) }
    case "kill": fakes.local.changeOutOfBand(name) { $0.state = .exited(137) }
    case "pause": fakes.local.changeOutOfBand(name) { $0.state = .paused }
    case "limits": fakes.local.changeOutOfBand(name) { $0.limits.memory = ByteCount("1Gi") }
    default: fakes.local.removeOutOfBand(name)
    }
    let steps = try await fixture.apply(Self.id, module, lastApplied: module, in: Self.context)
    #expect(steps.count == 1)
    #expect(fakes.local.running == [name])
    #expect(try await fixture.plan(Self.id, module, lastApplied: module, in: Self.context).isUpToDate)
  }

  @Test("A module that left the manifests is removed from every engine")
  func delete() async throws {
    let module = Self.module(replicas: 4)
    try await fixture.apply(Self.id, module, in: Self.context)
    let steps = try await fixture.apply(Self.id, nil, lastApplied: module, in: Self.context)
    #expect(steps.count == 4)
    #expect(steps.allSatisfy { $0.action == .delete && $0.risk == .disruptive })
    #expect(images.isEmpty)
  }

  @Test("Nothing is planned while an engine that may run the module does not answer")
  func unreachable() async throws {
    let module = Self.module()
    try await fixture.apply(Self.id, module, in: Self.context)
    fakes.second.setReachable(false)
    await #expect(throws: BackendError.self) { try await fixture.plan(Self.id, module, in: Self.context) }
    let elsewhere = Self.module(replicas: 1) { $0.placement.nodes = ["Node/a"] }
    #expect(
      try await fixture.plan(Self.id, elsewhere, in: Self.context).steps.isEmpty,
      "the other engine does not matter")
  }

  @Test("Containers request only real GPUs", arguments: [true, false])
  func gpus(mock: Bool) async throws {
    let module = Self.module(replicas: 1) { $0.needs.gpuMemory = ByteCount("6Gi") }
    let context = ReconcileContext.test(compute: ["a": .test(gpu: "12Gi", mock: mock)])
    try await fixture.apply(Self.id, module, in: context)
    let request = try #require(fakes.local.request(for: fakes.local.names[0]))
    #expect(request.template.gpuCount == (mock ? 0 : 1))
  }

  @Test("Default limits are the module's needs, and at least the standard limits")
  func limits() async throws {
    let module = Self.module(replicas: 1) {
      $0.needs.memory = ByteCount("2Gi")
      $0.needs.cores = CoreCount(thousandths: 500)
    }
    try await fixture.apply(Self.id, module, in: Self.context)
    let limits = fakes.local.observations[0].limits
    #expect(limits == ContainerLimits(memory: ByteCount("2Gi"), cores: CoreCount(cores: 1), pids: 256))
  }

  /// Replicas, images, nodes and foreign changes are random. After each change one run without faults must
  /// leave exactly the declared containers and nothing to plan.
  @Test("One run converges from any state", arguments: 0..<60 as Range<UInt64>)
  func converges(seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    var last: Resource<ModuleSpec>?
    for turn in 0..<12 {
      let module = Self.module(
        tag: String(Int.random(in: 1...3, using: &random)), replicas: Int.random(in: 0...5, using: &random))
      var nodes = Self.nodes
      if Bool.random(using: &random) {
        nodes["b"] = .test(engine: FakeEngines.secondAddress, isSchedulable: false)
      }
      if Int.random(in: 0..<4, using: &random) == 0 { nodes["b"] = nil }
      let context = ReconcileContext.test(compute: nodes)
      for engine in [fakes.local, fakes.second] {
        if let name = engine.names.randomElement(using: &random) {
          switch Int.random(in: 0..<5, using: &random) {
          case 0: engine.changeOutOfBand(name) { $0.state = .exited(1) }
          case 1: engine.removeOutOfBand(name)
          case 2: engine.changeOutOfBand(name) { $0.limits.pids = nil }
          default: break
          }
        }
      }
      if Bool.random(using: &random) {
        for engine in [fakes.local, fakes.second] {
          engine.failAfter(changes: Int.random(in: 0..<8, using: &random))
        }
        _ = try? await fixture.apply(Self.id, module, lastApplied: last, in: context)
        for engine in [fakes.local, fakes.second] { engine.failAfter(changes: nil) }
      }
      try await fixture.apply(Self.id, module, lastApplied: last, in: context)
      let outcome = try await fixture.plan(Self.id, module, lastApplied: module, in: context)
      let all = fakes.local.observations + fakes.second.observations
      #expect(outcome.isUpToDate, "seed \(seed), turn \(turn): \(outcome.steps.map(\.summary))")
      #expect(all.count == module.spec.placement.replicas, "seed \(seed), turn \(turn)")
      #expect(
        all.allSatisfy { $0.isHealthy && $0.image == module.spec.image.pullReference },
        "seed \(seed), turn \(turn)")
      last = module
    }
  }
}
