import Autoscaling
import ContainerFakes
import ContainerSupport
import JobStore
import KindTestSupport
import Ledger
import Model
import Postgres
import PostgresSupport
import Reconciling
import ReconcilingSupport
import Testing

/// Schedulers come and go with the waiting jobs.
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
    let reading: Watched<ReplicaReading>
    let reads = Watched(0)
    let left = Watched(false)
    init(_ reading: ReplicaReading) { self.reading = Watched(reading) }
    func read() async -> ReplicaReading {
      defer { reads.change { $0 += 1 } }
      return reading.value
    }
    func leave() async { left.change { $0 = true } }
  }

  struct House: Sendable {
    let time = ManualTime()
    let spawner = FakeSpawner()
    let source: FakeSource
    let ticks: AsyncStream<Void>
    let tick: AsyncStream<Void>.Continuation
    let supervisor: ReplicaSupervisor
    let said = Watched<[String]>([])

    init(_ reading: ReplicaReading, keeper: (any ReplicaKeeper)? = nil) {
      let source = FakeSource(reading)
      self.source = source
      (ticks, tick) = AsyncStream<Void>.makeStream()
      let said = said
      supervisor = ReplicaSupervisor(
        name: "here", source: source, spawner: spawner, keeper: keeper,
        time: time.source, log: { line in said.change { $0.append(line) } })
    }

    /// Runs the supervisor while `body` drives it.
    func run(_ body: @Sendable (House) async throws -> Void) async throws {
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await supervisor.run(ticks: ticks) }
        try await body(self)
        tick.finish()
        try await group.waitForAll()
      }
    }

    /// One look, and whatever it orders.
    func look(_ reading: ReplicaReading? = nil) async {
      if let reading { source.reading.change { $0 = reading } }
      let before = source.reads.value
      tick.yield()
      await source.reads.until { $0 > before }
    }
  }

  private static func mine(_ pending: Int, as runtime: ReplicaRuntime = .process) -> ReplicaReading {
    var settings = settings
    settings.rule.cooldown = TimeSpan(seconds: 0)
    settings.runtime = runtime
    return .mine(scheduler: "global", settings, pending: pending)
  }

  private static let settings = ReplicaSettings(rule: ReplicaRule(target: 50))

  /// A database with the tables of ledger and scheduling.
  private static func withDatabase(_ body: (PostgresPool) async throws -> Void) async throws {
    try await TestDatabase.with { pool in
      for migration in Ledger.migrations + JobStore.migrations { try await pool.script(migration.sql) }
      try await body(pool)
    }
  }

  @Test func `as many run as the waiting jobs ask for, and all end with the server`() async throws {
    let house = House(Self.mine(0))
    try await house.run { house in
      await house.look()
      await house.spawner.state.until { $0.running.count == 1 }
      await house.look(Self.mine(120))
      await house.spawner.state.until { $0.running.count == 3 }
      for _ in 0..<4 {
        house.time.advance(TimeSpan(seconds: 16))
        await house.look(Self.mine(10_000))
      }
      await house.spawner.state.until { $0.running.count == 10 }
      await house.look(Self.mine(0))
      await house.spawner.state.until { $0.running.count == 1 }
      #expect(house.spawner.state.value.running.keys.sorted() == ["here-0"])
    }
    #expect(house.spawner.state.value.running.isEmpty)
    #expect(house.source.left.value)
  }

  @Test func `one that ends is started again after a rest`() async throws {
    let house = House(Self.mine(0))
    try await house.run { house in
      await house.look()
      await house.spawner.state.until { $0.running.count == 1 }
      house.spawner.end("here-0", "ended: exited(1)")
      await house.said.until { $0.contains("scheduler here-0 ended: exited(1)") }
      await house.look()
      #expect(house.spawner.state.value.starts.count == 1, "it rests")
      house.time.advance(TimeSpan(seconds: 1))
      await house.look()
      await house.spawner.state.until { $0.starts.count == 2 }
    }
  }

  @Test func `nobody stops because the database does not answer, and all stop where another server begins`()
    async throws
  {
    let house = House(Self.mine(120))
    try await house.run { house in
      await house.look()
      await house.look()
      await house.spawner.state.until { $0.running.count == 3 }
      await house.look(.unknown("no answer"))
      await house.look(.unknown("no answer"))
      #expect(house.spawner.state.value.running.count == 3)
      #expect(house.said.value.filter { $0.contains("no answer") }.count == 1, "it is said once")
      await house.look(.notMine)
      await house.spawner.state.until { $0.running.isEmpty }
    }
  }

  @Test func `on Kubernetes nobody is started here`() async throws {
    let house = House(Self.mine(500, as: .kubernetes))
    try await house.run { house in
      await house.look()
      await house.look()
      #expect(house.spawner.state.value.starts.isEmpty)
    }
  }

  @Test func `as containers they come, go, and are found again by the next server`() async throws {
    let url = SecretReference.environment("URL")
    let world = FakeEngines(secrets: [url: "postgresql://somewhere/jobs"])
    let keeper = ReplicaContainers(world.support, owner: "test")
    let docker = DockerReplicas(
      image: .sample("rendertrust"), connection: url, limits: LimitSettings().limits)
    #expect(try await keeper.keep(3, docker, of: "global") == 3)
    let names = world.local.running
    #expect(names.count == 3)
    let request = try #require(names.first.flatMap { world.local.request(for: $0) })
    #expect(request.environment["RENDERTRUST_DATABASE_URL"]?.reveal() == "postgresql://somewhere/jobs")
    #expect(request.template.command == ["scheduler"])
    let next = ReplicaContainers(world.support, owner: "test")
    #expect(try await next.keep(3, docker, of: "global") == 3)
    #expect(world.local.running == names, "nothing was made anew")
    world.local.changeOutOfBand(names[1]) { $0.state = .exited(1) }
    #expect(try await next.keep(2, docker, of: "global") == 2)
    #expect(world.local.running.count == 2)
    #expect(try await next.keep(0, nil, of: "global") == 0)
    #expect(world.local.names.isEmpty)
  }

  @Test func `of two servers on one database one supervises, and the other takes over`() async throws {
    try await Self.withDatabase { pool in
      let one = ReplicaTable(pool, supervisor: "one") { _ in Self.settings }
      let two = ReplicaTable(pool, supervisor: "two") { _ in Self.settings }
      #expect(await one.read() == .notMine, "no scheduler is declared")
      try await pool.query("INSERT INTO schedulers (name, settings) VALUES ('global', '{}')")
      try await pool.query(
        """
        INSERT INTO pending_jobs (job, account, module, priority, queued_at, deadline_at)
        SELECT 'job-' || n, 1, 'echo', 0, now(), now() FROM generate_series(1, 70) n
        """)
      #expect(await one.read() == .mine(scheduler: "global", Self.settings, pending: 70))
      #expect(await two.read() == .notMine)
      await one.leave()
      #expect(await two.read() == .mine(scheduler: "global", Self.settings, pending: 70))
      #expect(await one.read() == .notMine)
      try await pool.query("UPDATE schedulers SET supervised_until = now()")
      #expect(await one.read() != .notMine, "two said nothing for too long")
    }
  }

  @Test func `replicas give signs of life and take their row away`() async throws {
    try await Self.withDatabase { pool in
      let pulse = ReplicaHeartbeat(pool, name: "here-0", host: "here", process: 7)
      try await pulse.beat()
      let first = try await pool.query("SELECT started_at, seen_at FROM scheduler_replicas").only().text(0)
      try await pool.query(
        "INSERT INTO scheduler_replicas (name, host, process, seen_at) VALUES ('old', 'x', 1, now() - interval '2 hours')"
      )
      try await pulse.beat()
      let rows = try await pool.query("SELECT started_at, name FROM scheduler_replicas")
      #expect(try rows.only().text(0) == first)
      #expect(try rows.only().text(1) == "here-0", "the row of a replica that is gone is removed")
      try await pulse.end()
      #expect(try await pool.query("SELECT 1 FROM scheduler_replicas").isEmpty)
    }
  }
}
