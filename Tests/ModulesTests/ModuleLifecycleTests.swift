import ContainerFakes
import ContainerSupport
import Manifests
import Model
import Modules
import Planning
import Reconciling
import Testing

/// The kind on engines in memory: planner and backend as the loop uses them.
@Suite("Module, from manifest to containers")
struct ModuleLifecycleTests {
  private let world = FakeEngines()
  private var room: KindFixture<ModulePlanner, ModuleBackend> {
    KindFixture(ModulePlanner(), ModuleBackend(observer: world.support.observer, runner: world.support.runner))
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

  private var images: [String] { (world.local.observations + world.second.observations).map(\.image) }

  @Test("Replicas come up on their nodes, more and fewer of them too")
  func replicas() async throws {
    for replicas in [2, 5, 1, 0, 3] {
      let module = Self.module(replicas: replicas)
      try await room.apply(Self.id, module, in: Self.context)
      #expect(images.count == replicas)
      #expect(try await room.plan(Self.id, module, in: Self.context).isUpToDate)
      #expect(abs(world.local.names.count - world.second.names.count) <= 1 || replicas == 3)
    }
  }

  @Test("A new image goes from container to container, each new one healthy before the old one goes")
  func rollout() async throws {
    let old = Self.module(replicas: 3)
    try await room.apply(Self.id, old, in: Self.context)
    let new = Self.module(tag: "2", replicas: 3)
    let steps = try await room.apply(Self.id, new, lastApplied: old, in: Self.context)
    #expect(steps.map(\.action) == [.replace, .replace, .replace])
    #expect(steps.allSatisfy { $0.risk == .safe && $0.fields.map(\.path) == ["image"] })
    #expect(Set(images) == [new.spec.image.pullReference])
    let started = world.local.changes.lastIndex { $0.hasPrefix("start") } ?? 0
    let stopped = world.local.changes.lastIndex { $0.hasPrefix("stop") } ?? 0
    #expect(started < stopped)
    #expect(try await room.plan(Self.id, new, lastApplied: new, in: Self.context).isUpToDate)
  }

  @Test("An image that fails its check ends the rollout with every old container at work, at every try")
  func brokenRollout() async throws {
    let old = Self.module(replicas: 3)
    try await room.apply(Self.id, old, in: Self.context)
    let before = world.local.running + world.second.running
    world.local.makeUnhealthy(.sample("echo", tag: "bad"))
    world.second.makeUnhealthy(.sample("echo", tag: "bad"))
    for _ in 0..<3 {
      await #expect(throws: BackendError.self) {
        try await room.apply(
          Self.id, Self.module(tag: "bad", replicas: 3), lastApplied: old, in: Self.context)
      }
      #expect(world.local.running + world.second.running == before)
      #expect(images.count == 3)
    }
    #expect(try await room.plan(Self.id, old, lastApplied: old, in: Self.context).isUpToDate)
  }

  @Test(
    "Whatever somebody does to the containers is mended",
    arguments: ["stop", "kill", "remove", "limits", "pause"])
  func drift(what: String) async throws {
    let module = Self.module()
    try await room.apply(Self.id, module, in: Self.context)
    let name = try #require(world.local.names.first)
    switch what {
    case "stop": world.local.changeOutOfBand(name) { $0.state = .exited(0) }
    case "kill": world.local.changeOutOfBand(name) { $0.state = .exited(137) }
    case "pause": world.local.changeOutOfBand(name) { $0.state = .paused }
    case "limits": world.local.changeOutOfBand(name) { $0.limits.memory = ByteCount("1Gi") }
    default: world.local.removeOutOfBand(name)
    }
    let steps = try await room.apply(Self.id, module, lastApplied: module, in: Self.context)
    #expect(steps.count == 1)
    #expect(world.local.running == [name])
    #expect(try await room.plan(Self.id, module, lastApplied: module, in: Self.context).isUpToDate)
  }

  @Test("A module that left the manifests goes from every engine")
  func delete() async throws {
    let module = Self.module(replicas: 4)
    try await room.apply(Self.id, module, in: Self.context)
    let steps = try await room.apply(Self.id, nil, lastApplied: module, in: Self.context)
    #expect(steps.count == 4)
    #expect(steps.allSatisfy { $0.action == .delete && $0.risk == .disruptive })
    #expect(images.isEmpty)
  }

  @Test("Nothing is planned while a node does not answer that it may be on")
  func unreachable() async throws {
    let module = Self.module()
    try await room.apply(Self.id, module, in: Self.context)
    world.second.setReachable(false)
    await #expect(throws: BackendError.self) { try await room.plan(Self.id, module, in: Self.context) }
    let elsewhere = Self.module(replicas: 1) { $0.placement.nodes = ["Node/a"] }
    #expect(
      try await room.plan(Self.id, elsewhere, in: Self.context).steps.isEmpty,
      "the other node is of no concern to it")
  }

  @Test("Only a real GPU is asked for", arguments: [true, false])
  func gpus(mock: Bool) async throws {
    let module = Self.module(replicas: 1) { $0.needs.gpuMemory = ByteCount("6Gi") }
    let context = ReconcileContext.test(compute: ["a": .test(gpu: "12Gi", mock: mock)])
    try await room.apply(Self.id, module, in: context)
    let request = try #require(world.local.request(for: world.local.names[0]))
    #expect(request.template.gpuCount == (mock ? 0 : 1))
  }

  @Test("Without limits a container gets what the module needs, but no less than the standard")
  func limits() async throws {
    let module = Self.module(replicas: 1) {
      $0.needs.memory = ByteCount("2Gi")
      $0.needs.cores = CoreCount(thousandths: 500)
    }
    try await room.apply(Self.id, module, in: Self.context)
    let limits = world.local.observations[0].limits
    #expect(limits == ContainerLimits(memory: ByteCount("2Gi"), cores: CoreCount(cores: 1), pids: 256))
  }

  /// Replicas, images, nodes and accidents change at random; after each change one undisturbed run must lead to where
  /// the next plan has nothing to do, with exactly the containers that are wanted.
  @Test("From anywhere to up to date in one run", arguments: 0..<60 as Range<UInt64>)
  func property(seed: UInt64) async throws {
    var random = SplitMix(seed: seed)
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
      for engine in [world.local, world.second] {
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
        for engine in [world.local, world.second] {
          engine.failAfter(changes: Int.random(in: 0..<8, using: &random))
        }
        _ = try? await room.apply(Self.id, module, lastApplied: last, in: context)
        for engine in [world.local, world.second] { engine.failAfter(changes: nil) }
      }
      try await room.apply(Self.id, module, lastApplied: last, in: context)
      let outcome = try await room.plan(Self.id, module, lastApplied: module, in: context)
      let all = world.local.observations + world.second.observations
      #expect(outcome.isUpToDate, "seed \(seed), turn \(turn): \(outcome.steps.map(\.summary))")
      #expect(all.count == module.spec.placement.replicas, "seed \(seed), turn \(turn)")
      #expect(
        all.allSatisfy { $0.isHealthy && $0.image == module.spec.image.pullReference },
        "seed \(seed), turn \(turn)")
      last = module
    }
  }
}

/// Random numbers that are the same for the same seed.
private struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
