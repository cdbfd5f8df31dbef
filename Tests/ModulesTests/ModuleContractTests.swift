import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import Manifests
import Model
import Modules
import Planning
import Reconciling
import Testing

/// The same way from manifest to containers, on a real engine that three nodes share.
@Suite(
  "Module on a real engine",
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct ModuleContractTests {
  private static let id = ResourceID(kind: "Module", name: "echo")
  private static let nodes: [String: ComputeOffer] = ["a": .test(), "b": .test(), "c": .test()]

  private func room(_ world: DockerFixture) -> KindFixture<ModulePlanner, ModuleBackend> {
    KindFixture(ModulePlanner(), ModuleBackend(observer: world.support.observer, runner: world.support.runner))
  }

  private func module(
    _ world: DockerFixture, image: String = "storyboardImage", replicas: Int = 3,
    _ change: (inout ModuleSpec) -> Void = { _ in }
  ) throws -> Resource<ModuleSpec> {
    let pinned = try world.image(image)
    return .test(
      "Module", "echo",
      .sample {
        var http = ModuleHTTP()
        http.port = 8188
        $0.image = pinned
        $0.serves = .http(http)
        $0.placement.replicas = replicas
        var limits = LimitSettings()
        limits.memory = ByteCount(bytes: 32 << 20)
        limits.cores = CoreCount(thousandths: 250)
        limits.pids = 32
        $0.limits = limits
        change(&$0)
      })
  }

  @Test("Replicas come up on every node, hardened, are mended, rolled over and taken away")
  func life() async throws {
    try await DockerFixture.with { world in
      let context = world.context(Self.nodes)
      let old = try module(world)
      try await room(world).apply(Self.id, old, in: context)
      #expect(try await room(world).plan(Self.id, old, lastApplied: old, in: context).isUpToDate)
      #expect(try await room(world).health(of: old, in: context) == .ready)
      let first = try await world.containers()
      #expect(first.map { $0.labels["rendertrust.com/node"] } == ["Node/a", "Node/b", "Node/c"])
      #expect(first.allSatisfy { $0.hardening == ContainerHardening() && $0.ports.isEmpty })

      try await world.engine.kill(first[0].id)
      try await world.engine.stop(first[1].id, timeoutSeconds: 0)
      try await world.engine.update(
        first[2].id, resources: ContainerResources(memory: 64 << 20, nanoCPUs: 250_000_000, pids: 32))
      let healing = try await room(world).apply(Self.id, old, lastApplied: old, in: context)
      #expect(healing.map(\.action) == [.run, .run, .update])
      #expect(try await world.containers().map(\.id) == first.map(\.id))
      #expect(try await room(world).plan(Self.id, old, lastApplied: old, in: context).isUpToDate)

      let new = try module(world, image: "storyboardImageNext")
      let rollout = try await room(world).apply(Self.id, new, lastApplied: old, in: context)
      #expect(rollout.map(\.action) == [.replace, .replace, .replace])
      let second = try await world.containers()
      #expect(second.map(\.image) == Array(repeating: new.spec.image.pullReference, count: 3))
      #expect(Set(second.map(\.id)).isDisjoint(with: first.map(\.id)))
      #expect(try await room(world).plan(Self.id, new, lastApplied: new, in: context).isUpToDate)

      let fewer = try module(world, image: "storyboardImageNext", replicas: 1)
      try await room(world).apply(Self.id, fewer, lastApplied: new, in: context)
      #expect(try await world.containers().count == 1)
      try await room(world).apply(Self.id, nil, lastApplied: fewer, in: context)
      #expect(try await world.containers().isEmpty)
    }
  }

  @Test("A rollout that fails its check leaves every old container as it was")
  func failingRollout() async throws {
    try await DockerFixture.with { world in
      let context = world.context(Self.nodes)
      let old = try module(world)
      try await room(world).apply(Self.id, old, in: context)
      let before = try await world.containers()
      let bad = try module(world, image: "storyboardImageNext") {
        var health = HealthSettings()
        health.http = HTTPHealthSettings()
        health.http?.port = 8188
        health.http?.path = "/nowhere"
        health.within = TimeSpan(seconds: 3)
        $0.health = health
      }
      for _ in 0..<2 {
        do {
          try await room(world).apply(Self.id, bad, lastApplied: old, in: context)
          Issue.record("a failing check was passed over")
        } catch let error as BackendError {
          #expect(error.code == "health.failed")
          #expect(error.message.contains("was left as it was"))
        }
        let after = try await world.containers()
        #expect(after.map(\.id) == before.map(\.id))
        #expect(after.map(\.startedAt) == before.map(\.startedAt))
      }
    }
  }

  @Test("A module that reads its input waits for work")
  func stdio() async throws {
    try await DockerFixture.with { world in
      let context = world.context(Self.nodes)
      let echo = try module(world, image: "echoImage", replicas: 1) {
        $0.serves = .stdio(ModuleStdio())
        $0.command = ["cat"]
      }
      try await room(world).apply(Self.id, echo, in: context)
      #expect(try await world.containers().map(\.status) == [.running])
    }
  }
}
