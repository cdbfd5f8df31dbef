import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import KindTestSupport
import Manifests
import Model
import Modules
import Planning
import Reconciling
import Testing

/// The same lifecycle as `ModuleLifecycleTests`, on a real engine that three nodes share.
@Suite(
  "Module on a real engine",
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct ModuleContractTests {
  private static let id = ResourceID(kind: "Module", name: "echo")
  private static let nodes: [String: ComputeOffer] = ["a": .test(), "b": .test(), "c": .test()]

  private func fixture(_ docker: DockerFixture) -> KindFixture<ModulePlanner, ModuleBackend> {
    KindFixture(
      ModulePlanner(), ModuleBackend(docker.support))
  }

  private func module(
    _ docker: DockerFixture, image: String = "storyboardImage", replicas: Int = 3,
    _ change: (inout ModuleSpec) -> Void = { _ in }
  ) throws -> Resource<ModuleSpec> {
    let pinned = try docker.image(image)
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

  @Test("Replicas are created on every node, healed, replaced and removed")
  func lifecycle() async throws {
    try await DockerFixture.with { docker in
      let context = docker.context(Self.nodes)
      let old = try module(docker)
      try await fixture(docker).apply(Self.id, old, in: context)
      #expect(try await fixture(docker).plan(Self.id, old, lastApplied: old, in: context).isUpToDate)
      #expect(try await fixture(docker).health(of: old, in: context) == .ready)
      let first = try await docker.containers()
      #expect(first.map { $0.labels["rendertrust.com/node"] } == ["Node/a", "Node/b", "Node/c"])
      #expect(first.allSatisfy { $0.hardening == ContainerHardening() && $0.ports.isEmpty })

      try await docker.engine.kill(first[0].id)
      try await docker.engine.stop(first[1].id, timeoutSeconds: 0)
      try await docker.engine.update(
        first[2].id, resources: ContainerResources(memory: 64 << 20, nanoCPUs: 250_000_000, pids: 32))
      let healing = try await fixture(docker).apply(Self.id, old, lastApplied: old, in: context)
      #expect(healing.map(\.action) == [.run, .run, .update])
      #expect(try await docker.containers().map(\.id) == first.map(\.id))
      #expect(try await fixture(docker).plan(Self.id, old, lastApplied: old, in: context).isUpToDate)

      let new = try module(docker, image: "storyboardImageNext")
      let rollout = try await fixture(docker).apply(Self.id, new, lastApplied: old, in: context)
      #expect(rollout.map(\.action) == [.replace, .replace, .replace])
      let second = try await docker.containers()
      #expect(second.map(\.image) == Array(repeating: new.spec.image.pullReference, count: 3))
      #expect(Set(second.map(\.id)).isDisjoint(with: first.map(\.id)))
      #expect(try await fixture(docker).plan(Self.id, new, lastApplied: new, in: context).isUpToDate)

      let fewer = try module(docker, image: "storyboardImageNext", replicas: 1)
      try await fixture(docker).apply(Self.id, fewer, lastApplied: new, in: context)
      #expect(try await docker.containers().count == 1)
      try await fixture(docker).apply(Self.id, nil, lastApplied: fewer, in: context)
      #expect(try await docker.containers().isEmpty)
    }
  }

  @Test("A failing rollout leaves every old container unchanged")
  func failingRollout() async throws {
    try await DockerFixture.with { docker in
      let context = docker.context(Self.nodes)
      let old = try module(docker)
      try await fixture(docker).apply(Self.id, old, in: context)
      let before = try await docker.containers()
      let bad = try module(docker, image: "storyboardImageNext") {
        var health = HealthSettings()
        health.http = HTTPHealthSettings()
        health.http?.port = 8188
        health.http?.path = "/nowhere"
        health.within = TimeSpan(seconds: 3)
        $0.health = health
      }
      for _ in 0..<2 {
        do {
          try await fixture(docker).apply(Self.id, bad, lastApplied: old, in: context)
          Issue.record("a failing check was ignored")
        } catch let error as BackendError {
          #expect(error.code == "health.failed")
          #expect(error.message.contains("was not changed"))
        }
        let after = try await docker.containers()
        #expect(after.map(\.id) == before.map(\.id))
        #expect(after.map(\.startedAt) == before.map(\.startedAt))
      }
    }
  }

  @Test("A module on standard input keeps running without work")
  func stdio() async throws {
    try await DockerFixture.with { docker in
      let context = docker.context(Self.nodes)
      let echo = try module(docker, image: "echoImage", replicas: 1) {
        $0.serves = .stdio(ModuleStdio())
        $0.command = ["cat"]
      }
      try await fixture(docker).apply(Self.id, echo, in: context)
      #expect(try await docker.containers().map(\.status) == [.running])
    }
  }
}
