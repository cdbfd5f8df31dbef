import ContainerFakes
import ContainerSupport
import KindTestSupport
import Manifests
import Model
import Modules
import Planning
import Reconciling
import Testing

/// Containers with running jobs are drained before they are changed or removed.
@Suite("Draining a module")
struct ModuleDrainTests {
  private static let id = ResourceID(kind: "Module", name: "echo")
  private static let context = ReconcileContext.test(compute: [
    "a": .test(), "b": .test(engine: FakeEngines.secondAddress),
  ])

  private let work: FakeWork
  private let fakes: FakeEngines
  private let fixture: KindFixture<ModulePlanner, ModuleBackend>

  init() {
    work = FakeWork()
    fakes = FakeEngines(work: work)
    fixture = KindFixture(ModulePlanner(), ModuleBackend(fakes.support))
  }

  private static func module(
    tag: String = "1", replicas: Int = 1, _ change: (inout ModuleSpec) -> Void = { _ in }
  ) -> Resource<ModuleSpec> {
    .test(
      "Module", "echo",
      .sample(tag: tag) {
        $0.placement.replicas = replicas
        change(&$0)
      })
  }

  private static func scope(_ module: Resource<ModuleSpec>, on node: String = "a") -> DrainScope {
    DrainScope(
      module: id, node: ResourceID(kind: "Node", name: node), image: module.spec.image.digest)
  }

  private func run(_ jobs: String..., in scope: DrainScope) {
    work.change { state in
      state.attempts += jobs.map { RunningAttempt(job: $0, scope: scope, since: Timestamp(seconds: 1)) }
    }
  }

  @Test("A new image drains the old container once the new one is healthy, and then removes it")
  func newImage() async throws {
    let (old, new) = (Self.module(), Self.module(tag: "2"))
    try await fixture.apply(Self.id, old, in: Self.context)
    run("j1", "j2", in: Self.scope(old))
    work.change { $0.callsToEnd = 3 }
    let before = try #require(fakes.local.names.first)
    let steps = try await fixture.apply(Self.id, new, lastApplied: old, in: Self.context)
    #expect(steps.map(\.action) == [.replace, .run, .delete])
    #expect(steps.map(\.risk) == [.safe, .disruptive, .disruptive] && steps.map(\.jobs) == [nil, 2, nil])
    #expect(steps[1].summary == "drain container \(before) on Node/a, at most 10m")
    #expect(work.value.calls == ["drain a", "drain a", "drain a", "drain a"])
    #expect(work.value.successor == new.spec.image.digest, "new jobs run in the new container")
    #expect(work.value.drained[Self.scope(old)] != nil, "a heartbeat may still report the old image")
    #expect(fakes.local.observations.map(\.image) == [new.spec.image.pullReference])
    #expect(try await fixture.plan(Self.id, new, lastApplied: new, in: Self.context).isUpToDate)
  }

  @Test("Going back to an image lets its containers take jobs again before the other ones are drained")
  func rollback() async throws {
    let (one, two) = (Self.module(), Self.module(tag: "2"))
    try await fixture.apply(Self.id, one, in: Self.context)
    try await fixture.apply(Self.id, two, lastApplied: one, in: Self.context)
    let steps = try await fixture.apply(Self.id, one, lastApplied: two, in: Self.context)
    #expect(steps.map(\.action) == [.replace, .run, .run, .delete])
    #expect(steps[1].summary == "let Module/echo take jobs on Node/a again")
    #expect(Set(work.value.drained.keys) == [Self.scope(two)])
  }

  @Test("Jobs that do not end within the limit are preempted before the container is removed")
  func limit() async throws {
    let module = Self.module { $0.rollout.drain = TimeSpan(seconds: 2) }
    try await fixture.apply(Self.id, module, in: Self.context)
    run("j1", in: Self.scope(module))
    work.change { $0.callsToEnd = nil }
    let steps = try await fixture.apply(Self.id, nil, lastApplied: module, in: Self.context)
    #expect(steps.map(\.action) == [.run, .delete] && steps[0].summary.hasSuffix("at most 2s"))
    #expect(work.value.calls == Array(repeating: "drain a", count: 5) + ["preempt a"])
    #expect(fakes.local.names.isEmpty)
  }

  @Test("A container whose image stays takes jobs again after the other one is removed")
  func sameImage() async throws {
    let old = Self.module()
    let new = Self.module { $0.environment["MODE"] = .plain("fast") }
    try await fixture.apply(Self.id, old, in: Self.context)
    let steps = try await fixture.apply(Self.id, new, lastApplied: old, in: Self.context)
    #expect(steps.map(\.action) == [.replace, .run, .delete, .run])
    #expect(work.value.calls == ["drain a", "release a"] && work.value.drained.isEmpty)

    let fewer = Self.module(replicas: 3) { $0.placement.nodes = ["Node/a"] }
    try await fixture.apply(Self.id, fewer, lastApplied: new, in: Self.context)
    work.change { $0.calls = [] }
    let one = Self.module { $0.placement.nodes = ["Node/a"] }
    try await fixture.apply(Self.id, one, lastApplied: fewer, in: Self.context)
    #expect(work.value.calls == ["drain a", "drain a", "release a"], "two of three on one node leave")
  }

  @Test("A drain that was interrupted is ended where its container stays")
  func interruptedDrain() async throws {
    let module = Self.module()
    try await fixture.apply(Self.id, module, in: Self.context)
    work.change { state in
      state.drained[Self.scope(module)] = DrainState(reason: "replaced", until: Timestamp(seconds: 9))
      state.drained[Self.scope(Self.module(tag: "9"))] = DrainState(
        reason: "an image of before", until: Timestamp(seconds: 9))
    }
    let steps = try await fixture.apply(Self.id, module, lastApplied: module, in: Self.context)
    #expect(steps.map(\.summary) == ["let Module/echo take jobs on Node/a again"])
    #expect(try await fixture.plan(Self.id, module, lastApplied: module, in: Self.context).isUpToDate)
  }

  @Test("A drain that is cancelled lets the container take jobs again")
  func cancelled() async throws {
    let module = Self.module { $0.rollout.drain = TimeSpan(seconds: 86_400) }
    try await fixture.apply(Self.id, module, in: Self.context)
    run("j1", in: Self.scope(module))
    work.change { $0.callsToEnd = nil }
    let outcome = await withTaskGroup(of: Bool.self) { group in
      group.addTask { [fixture] in
        do {
          try await fixture.apply(Self.id, nil, lastApplied: module, in: Self.context)
          return true
        } catch {
          return false
        }
      }
      while !work.value.calls.contains("drain a") { await Task.yield() }
      group.cancelAll()
      return await group.next()
    }
    #expect(outcome == false && work.value.calls.last == "release a")
    #expect(work.value.drained.isEmpty && fakes.local.names.count == 1)
  }

  @Test("While the jobs cannot be read, nothing that may run jobs is removed, and the rest continues")
  func unknownWork() async throws {
    let module = Self.module(replicas: 2)
    try await fixture.apply(Self.id, module, in: Self.context)
    work.change { $0.failure = "the server does not answer" }
    for desired in [nil, Self.module(tag: "2", replicas: 2)] {
      let outcome = try await fixture.plan(Self.id, desired, lastApplied: module, in: Self.context)
      #expect(
        outcome.waitingOn
          == "the jobs of Scheduler/global, which cannot be read: the server does not answer")
      #expect(outcome.waitsFor == [FakeWork.scheduler])
    }
    let name = try #require(fakes.local.names.first)
    fakes.local.changeOutOfBand(name) { $0.state = .exited(1) }
    let healing = try await fixture.apply(Self.id, module, lastApplied: module, in: Self.context)
    #expect(healing.map(\.action) == [.run], "a container that exited is started")
    fakes.local.changeOutOfBand(name) { $0.state = .exited(1) }
    let removal = try await fixture.apply(Self.id, nil, lastApplied: module, in: Self.context)
    #expect(removal.map(\.action) == [.delete], "no job runs in a container that exited")
  }

  @Test("A scheduler that cannot drain makes the steps disruptive and counts their jobs")
  func undrainable() async throws {
    let (old, new) = (Self.module(replicas: 2), Self.module(tag: "2", replicas: 2))
    try await fixture.apply(Self.id, old, in: Self.context)
    run("j1", "j2", in: Self.scope(old, on: "b"))
    work.change { $0.canDrain = false }
    let steps = try await fixture.apply(Self.id, new, lastApplied: old, in: Self.context)
    #expect(steps.map(\.action) == [.replace, .replace])
    #expect(steps.map(\.risk) == [.safe, .disruptive] && steps.map(\.jobs) == [nil, 2])
  }

  @Test("A node that leaves is drained after the replica works on another node")
  func leavingNode() async throws {
    let module = Self.module()
    try await fixture.apply(Self.id, module, in: Self.context)
    run("j1", in: Self.scope(module))
    var offers = Self.context.offers
    offers.leaving = [ResourceID(kind: "Node", name: "a")]
    let context = ReconcileContext(
      environment: "dev", owner: "test", now: Self.context.now, allowsMockGPUs: true, offers: offers)
    let steps = try await fixture.apply(Self.id, module, lastApplied: module, in: context)
    #expect(steps.map(\.action) == [.replace, .run, .delete])
    #expect(fakes.local.names.isEmpty && fakes.second.names.count == 1)
    #expect(Set(work.value.drained.keys) == [Self.scope(module)])
  }
}
