import Autoscaling
import ContainerFakes
import ContainerSupport
import Model
import Reconciling
import ReconcilingSupport
import Testing

/// Replicas are started and stopped with the pending jobs.
@Suite(.timeLimit(.minutes(1))) struct ReplicaSupervisorTests {
  /// Replicas in memory.
  final class FakeSpawner: ReplicaSpawner {
    struct State {
      var running: [String: CheckedContinuation<String, Never>] = [:]
      var starts: [String] = []
      var stops: [String] = []
    }
    let state = Watched(State())

    func run(_ name: String) async -> String {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          state.change { state in
            state.starts.append(name)
            state.running[name] = continuation
          }
          if Task.isCancelled { end(name, "was stopped", isStop: true) }
        }
      } onCancel: {
        end(name, "was stopped", isStop: true)
      }
    }

    func end(_ name: String, _ reason: String, isStop: Bool = false) {
      let continuation = state.change { state -> CheckedContinuation<String, Never>? in
        let running = state.running.removeValue(forKey: name)
        if isStop, running != nil { state.stops.append(name) }
        return running
      }
      continuation?.resume(returning: reason)
    }
  }

  /// A database in memory.
  final class FakeSource: ReplicaSource {
    let demand: Watched<ReplicaDemand>
    let reads = Watched(0)
    let isReleased = Watched(false)
    init(_ demand: ReplicaDemand) { self.demand = Watched(demand) }
    func read() async -> ReplicaDemand {
      defer { reads.change { $0 += 1 } }
      return demand.value
    }
    func release() async { isReleased.change { $0 = true } }
  }

  struct SupervisorFixture: Sendable {
    let time = ManualTime()
    let spawner = FakeSpawner()
    let source: FakeSource
    let ticks: AsyncStream<Void>
    let tick: AsyncStream<Void>.Continuation
    let supervisor: ReplicaSupervisor
    let messages = Watched<[String]>([])

    init(_ demand: ReplicaDemand, scaler: (any ReplicaScaler)? = nil) {
      let source = FakeSource(demand)
      self.source = source
      (ticks, tick) = AsyncStream<Void>.makeStream()
      let messages = messages
      supervisor = ReplicaSupervisor(
        name: "here", source: source, spawner: spawner, scaler: scaler,
        time: time.source, log: { line in messages.change { $0.append(line) } })
    }

    /// Runs the supervisor while `body` drives it.
    func run(_ body: @Sendable (SupervisorFixture) async throws -> Void) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await supervisor.run(ticks: ticks) }
        try await body(self)
        tick.finish()
        try await group.waitForAll()
      }
    }

    /// Yields one tick and waits for its evaluation.
    func evaluate(_ demand: ReplicaDemand? = nil) async {
      if let demand { source.demand.change { $0 = demand } }
      let before = source.reads.value
      tick.yield()
      await source.reads.until { $0 > before }
    }
  }

  private static func demand(_ pending: Int64, as runtime: ReplicaRuntime = .process) -> ReplicaDemand {
    var settings = settings
    settings.rule.cooldown = TimeSpan(seconds: 0)
    settings.runtime = runtime
    return .leader(scheduler: "global", settings, pending: pending)
  }

  private static let settings = ReplicaSettings(rule: ReplicaRule(target: 50))

  @Test("Replicas follow the pending jobs and end with the server")
  func scaling() async throws {
    let fixture = SupervisorFixture(Self.demand(0))
    try await fixture.run { fixture in
      await fixture.evaluate()
      await fixture.spawner.state.until { $0.running.count == 1 }
      await fixture.evaluate(Self.demand(120))
      await fixture.spawner.state.until { $0.running.count == 3 }
      for _ in 0..<4 {
        fixture.time.advance(TimeSpan(seconds: 16))
        await fixture.evaluate(Self.demand(10_000))
      }
      await fixture.spawner.state.until { $0.running.count == 10 }
      await fixture.evaluate(Self.demand(0))
      await fixture.spawner.state.until { $0.running.count == 1 }
      #expect(fixture.spawner.state.value.running.keys.sorted() == ["here-0"])
    }
    #expect(fixture.spawner.state.value.running.isEmpty)
    #expect(fixture.source.isReleased.value)
  }

  @Test("A replica that exits restarts after a back-off")
  func restart() async throws {
    let fixture = SupervisorFixture(Self.demand(0))
    try await fixture.run { fixture in
      await fixture.evaluate()
      await fixture.spawner.state.until { $0.running.count == 1 }
      fixture.spawner.end("here-0", "ended: exited(1)")
      await fixture.messages.until { $0.contains("scheduler here-0 ended: exited(1)") }
      await fixture.evaluate()
      #expect(fixture.spawner.state.value.starts.count == 1, "it backs off")
      let status = fixture.supervisor.status
      #expect(
        status == ReplicaStatus(desired: 1, crashCount: 1, lastCrash: "scheduler here-0 ended: exited(1)"))
      #expect(status.problem == "no scheduler runs: scheduler here-0 ended: exited(1)")
      fixture.time.advance(TimeSpan(seconds: 1))
      await fixture.evaluate()
      await fixture.spawner.state.until { $0.starts.count == 2 }
    }
  }

  @Test("Replicas keep running without the database and stop when another server supervises them")
  func lostLease() async throws {
    let fixture = SupervisorFixture(Self.demand(120))
    try await fixture.run { fixture in
      await fixture.evaluate()
      await fixture.evaluate()
      await fixture.spawner.state.until { $0.running.count == 3 }
      await fixture.evaluate(.unknown("no answer"))
      await fixture.evaluate(.unknown("no answer"))
      #expect(fixture.spawner.state.value.running.count == 3)
      #expect(
        fixture.messages.value.filter { $0.contains("no answer") }.count == 1, "a problem is logged once")
      await fixture.evaluate(.follower)
      await fixture.spawner.state.until { $0.running.isEmpty }
    }
  }

  @Test("On Kubernetes no process starts")
  func kubernetes() async throws {
    let fixture = SupervisorFixture(Self.demand(500, as: .kubernetes))
    try await fixture.run { fixture in
      await fixture.evaluate()
      await fixture.evaluate()
      #expect(fixture.spawner.state.value.starts.isEmpty)
    }
  }

  @Test("Containers are scaled, and the next server finds them again")
  func containers() async throws {
    let url = SecretReference.environment("URL")
    let world = FakeEngines(secrets: [url: "postgresql://somewhere/jobs"])
    let scaler = ReplicaContainers(world.support, .test)
    let docker = DockerReplicas(
      image: .sample("rendertrust"), connection: url, limits: LimitSettings().limits)
    #expect(try await scaler.scale(to: 3, docker, of: "global") == 3)
    let names = world.local.running
    #expect(names.count == 3)
    let request = try #require(names.first.flatMap { world.local.request(for: $0) })
    #expect(request.environment["RENDERTRUST_DATABASE_URL"]?.reveal() == "postgresql://somewhere/jobs")
    #expect(request.template.command == ["scheduler"])
    let next = ReplicaContainers(world.support, .test)
    #expect(try await next.scale(to: 3, docker, of: "global") == 3)
    #expect(world.local.running == names, "no container was replaced")
    world.local.changeOutOfBand(names[1]) { $0.state = .exited(1) }
    #expect(try await next.scale(to: 2, docker, of: "global") == 2)
    #expect(world.local.running.count == 2)
    #expect(try await next.scale(to: 0, nil, of: "global") == 0)
    #expect(world.local.names.isEmpty)
  }
}
