import KindTestSupport
import Ledger
import Model
import Planning
import Postgres
import PostgresSupport
import Reconciling
import SchedulerKind
import Testing

/// Observation, plan and steps on a real server.
@Suite struct SchedulerBackendTests {
  private static let nodes = [
    "a": SchedulerFixture.compute(), "b": SchedulerFixture.compute(gpus: 2, owner: "bob"),
    "cloud": SchedulerFixture.compute(owner: "cloud", isOverflow: true),
  ]
  private static let modules = [
    "echo": SchedulerFixture.work(nodes: ["b", "a"]), "free": SchedulerFixture.work(price: nil),
  ]

  /// Observes, plans and applies.
  /// - Returns: the summaries of the steps.
  private func converge(
    _ pool: PostgresPool, _ scheduler: Resource<SchedulerSpec>, _ offers: Offers, leaves: Bool = false,
    folder: String = "/nonexistent"
  ) async throws -> [String] {
    let subject = Subject(
      id: scheduler.id, desired: leaves ? nil : scheduler, lastApplied: leaves ? scheduler : nil)
    let backend = SchedulerBackend(stateFolder: folder) { _ in pool }
    let context = Fixture.reconcileContext(offers: offers)
    let observed = try await backend.observe([subject], in: context)[scheduler.id]?.get() ?? nil
    let outcome = try SchedulerPlanner().plan(
      leaves ? nil : scheduler, observed, Fixture.context(scheduler, offers: offers))
    if let reason = outcome.waitingOn { return ["waits: \(reason)"] }
    for step in outcome.steps { try await backend.apply(step.operation, to: subject, in: context) }
    return outcome.steps.map(\.summary)
  }

  /// The only value of a query with one row and one column, as text.
  private func text(_ pool: PostgresPool, _ sql: String) async throws -> String? {
    try await pool.query("SELECT (\(sql))::text AS value").first?.optionalText("value")
  }

  @Test("After apply the plan is empty") func convergence() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let scheduler = try SchedulerFixture.scheduler()
      let offers = SchedulerFixture.offers(nodes: Self.nodes, modules: Self.modules)
      #expect(try await converge(pool, scheduler, offers).count == 4)
      #expect(try await converge(pool, scheduler, offers) == [])
      #expect(
        try await text(
          pool, "SELECT string_agg(name || ' ' || kind, ', ' ORDER BY name) FROM accounts")
          == "ada node_owner, bob node_owner, cloud node_owner, wtfb module_developer")
      #expect(
        try await text(pool, "SELECT gpu_used::text FROM scheduler_nodes WHERE name = 'b'") == "{0,0}")
      #expect(
        try await text(pool, "SELECT nodes::text FROM scheduler_modules WHERE name = 'echo'") == "{a,b}")
      #expect(
        try await text(pool, "SELECT name FROM scheduler_modules WHERE price_micro IS NULL") == "free")
      #expect(try await text(pool, "SELECT name FROM scheduler_nodes WHERE is_overflow") == "cloud")
    }
  }

  @Test("Changed weights are recorded, and foreign changes of the settings are reversed")
  func settings() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let offers = SchedulerFixture.offers()
      _ = try await converge(pool, try SchedulerFixture.scheduler(), offers)
      let weighed = try SchedulerFixture.scheduler(#"{"weights":{"latency":0.2,"earnings":0.8}}"#)
      #expect(try await converge(pool, weighed, offers).count == 1)
      #expect(try await text(pool, "SELECT settings->>'latencyWeight' FROM schedulers") == "200000")
      try await pool.query("UPDATE schedulers SET settings = settings || '{\"differentNodes\":9}'")
      #expect(try await converge(pool, weighed, offers).count == 1)
      #expect(try await text(pool, "SELECT settings->>'differentNodes' FROM schedulers") == "2")
      #expect(try await converge(pool, weighed, offers) == [])
    }
  }

  @Test("What jobs and operators change stays, and what manifests declare is restored")
  func foreignChanges() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let scheduler = try SchedulerFixture.scheduler()
      let offers = SchedulerFixture.offers(nodes: Self.nodes, modules: Self.modules)
      _ = try await converge(pool, scheduler, offers)
      try await pool.query(
        """
        UPDATE scheduler_nodes SET cores_used = 500, slots_used = 1, gpu_used = '{0,7}', is_held = true,
          earned_micro = 42, cores = 1, labels = '{}' WHERE name = 'b'
        """)
      try await pool.query(
        "UPDATE scheduler_modules SET price_micro = 1, retired_at = now() WHERE name = 'echo'")
      #expect(
        try await converge(pool, scheduler, offers) == [
          "update Node/b", "restore Module/echo",
        ])
      #expect(try await converge(pool, scheduler, offers) == [])
      let kept = """
        SELECT concat_ws(' ', cores_used, slots_used, gpu_used, is_held, earned_micro, cores, labels->>'tier')
        FROM scheduler_nodes WHERE name = 'b'
        """
      #expect(try await text(pool, kept) == "500 1 {0,7} t 42 4000 gpu")
    }
  }

  @Test("GPUs are added and removed, except one that is in use") func gpus() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let scheduler = try SchedulerFixture.scheduler()
      let used = "SELECT gpu_used::text FROM scheduler_nodes WHERE name = 'b'"
      func declare(_ gpus: Int) async throws -> Int {
        let offers = SchedulerFixture.offers(nodes: ["b": SchedulerFixture.compute(gpus: gpus)])
        return try await converge(pool, scheduler, offers).count
      }
      _ = try await declare(2)
      try await pool.query("UPDATE scheduler_nodes SET gpu_used = '{0,7}'")
      #expect(try await declare(3) == 1)
      #expect(try await text(pool, used) == "{0,7,0}")
      #expect(try await declare(1) == 1)
      #expect(try await text(pool, used) == "{0,7}", "the second is in use")
      #expect(try await declare(1) == 0, "the plan does not repeat the step")
      try await pool.query("UPDATE scheduler_nodes SET gpu_used = '{0,0}'")
      #expect(try await declare(1) == 1)
      #expect(try await text(pool, used) == "{0}")
    }
  }

  @Test("Nodes and modules that leave are retired, and those that return keep their rows")
  func retiring() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let scheduler = try SchedulerFixture.scheduler()
      let offers = SchedulerFixture.offers(nodes: Self.nodes, modules: Self.modules)
      _ = try await converge(pool, scheduler, offers)
      let id = try await text(pool, "SELECT id FROM scheduler_nodes WHERE name = 'a'")
      let fewer = SchedulerFixture.offers(nodes: Self.nodes.filter { $0.key != "a" })
      #expect(
        try await converge(pool, scheduler, fewer) == [
          "retire Module/echo, Module/free, Node/a: no new jobs, running attempts continue"
        ])
      #expect(try await converge(pool, scheduler, fewer) == [])
      #expect(
        try await converge(pool, scheduler, offers) == [
          "restore Node/a", "restore Module/echo, Module/free",
        ])
      #expect(try await converge(pool, scheduler, offers) == [])
      #expect(try await text(pool, "SELECT id FROM scheduler_nodes WHERE name = 'a'") == id)
    }
  }

  @Test("A renamed scheduler keeps its settings, and its former name removes nothing")
  func renamedScheduler() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let old = try SchedulerFixture.scheduler()
      let new = try SchedulerFixture.scheduler("{}", "world")
      let offers = SchedulerFixture.offers(nodes: Self.nodes)
      _ = try await converge(pool, old, offers)
      let context = Fixture.reconcileContext(
        offers: offers, moves: Moves([Move(from: old.id, to: new.id)]))
      let kind = KindFixture(
        SchedulerPlanner(), SchedulerBackend(stateFolder: "/nonexistent") { _ in pool })
      let steps = try await kind.apply(new.id, new, movedFrom: old, in: context)
      #expect(steps.map(\.operation).first == .rename(from: "global"))
      #expect(steps.count == 2)
      #expect(try await kind.apply(new.id, new, movedFrom: old, in: context).isEmpty)
      #expect(try await kind.apply(old.id, nil, lastApplied: old, in: context).isEmpty)
      #expect(try await text(pool, "SELECT string_agg(name, ',') FROM schedulers") == "world")
    }
  }

  @Test("A scheduler claims its database's scheduling and its file")
  func claims() throws {
    let scheduler = try SchedulerFixture.scheduler(
      #"{"runtime":{"keda":{"name":"jobs","image":"r/s@sha256:\#(SchedulerFixture.image.hex)"}}}"#)
    let claims = SchedulerClaims(stateFolder: "/state").claims(
      of: scheduler,
      in: ClaimContext(
        environment: "test", controller: "test", environmentMark: "test", offers: SchedulerFixture.offers()))
    #expect(
      claims.map(\.thing) == [
        .scheduler(in: .embedded(database: "platform")), .folder(path: "/state/kubernetes/jobs.yaml"),
      ])
  }

  @Test("A database has one scheduler, and removing it keeps jobs and nodes") func oneScheduler() async throws
  {
    try await SchedulerFixture.withDatabase { pool in
      let (first, second) = (try SchedulerFixture.scheduler(), try SchedulerFixture.scheduler("{}", "second"))
      let offers = SchedulerFixture.offers(nodes: Self.nodes)
      _ = try await converge(pool, first, offers)
      #expect(
        try await converge(pool, second, offers) == [
          "waits: Database/platform has Scheduler/global, and a database has one scheduler"
        ])
      let error = await #expect(throws: BackendError.self) {
        try await SchedulerBackend(stateFolder: "/nonexistent") { _ in pool }.apply(
          .record(settings: RecordedSettings().value.json),
          to: Subject(id: second.id, desired: second, lastApplied: nil),
          in: Fixture.reconcileContext(offers: offers))
      }
      #expect(error?.code == "scheduler.taken")
      #expect(
        try await converge(pool, first, offers, leaves: true) == [
          "remove the settings of global; nodes, modules and jobs stay"
        ])
      #expect(try await converge(pool, first, offers, leaves: true) == [])
      #expect(
        try await text(pool, "SELECT count(*) FROM scheduler_nodes WHERE retired_at IS NULL") == "3")
      #expect(
        try await converge(pool, second, offers).first?.hasPrefix(
          "schedule the jobs of Database/platform") == true)
    }
  }

  @Test("Ten thousand nodes are recorded in one step") func manyNodes() async throws {
    try await SchedulerFixture.withDatabase { pool in
      let nodes = Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("node-\($0)", Self.nodes["b"]!) })
      let offers = SchedulerFixture.offers(nodes: nodes)
      let scheduler = try SchedulerFixture.scheduler()
      #expect(try await converge(pool, scheduler, offers).count == 3)
      let clock = ContinuousClock()
      let start = clock.now
      #expect(try await converge(pool, scheduler, offers) == [])
      print("10,000 unchanged nodes were observed and planned in \(clock.now - start)")
    }
  }

  @Test("Files for Kubernetes are written, restored and removed") func files() async throws {
    try await SchedulerFixture.withDatabase { pool in
      try await TestFolder.with { folder in
        let image = "registry/rendertrust:1@sha256:\(SchedulerFixture.image.hex)"
        let keda = try SchedulerFixture.scheduler(#"{"runtime":{"keda":{"image":"\#(image)"}}}"#)
        let offers = SchedulerFixture.offers()
        let file = "kubernetes/rendertrust-scheduler.yaml"
        #expect(try await converge(pool, keda, offers, folder: folder).last == "write \(file) for Kubernetes")
        #expect(try await converge(pool, keda, offers, folder: folder) == [])
        TestFolder.run(["sh", "-c", "echo 'replicas: 99' >> \(folder)/\(file)"])
        #expect(try await converge(pool, keda, offers, folder: folder) == ["write \(file) for Kubernetes"])
        #expect(try await converge(pool, keda, offers, folder: folder) == [])
        #expect(
          try await converge(pool, keda, offers, leaves: true, folder: folder) == [
            "remove \(file)", "remove the settings of global; nodes, modules and jobs stay",
          ])
        #expect(try await converge(pool, keda, offers, leaves: true, folder: folder) == [])
      }
    }
  }

  @Test("Without a running scheduler the resource is ready, with a note") func health() async throws {
    let spec = try SchedulerFixture.scheduler().spec
    guard case .noted(let reason, let message) = ReplicaStatus().health(under: spec) else {
      Issue.record("there is no note")
      return
    }
    #expect(reason == "NoReplica" && message.contains("‘rendertrust server’"))
    #expect(
      ReplicaStatus(running: 2, pendingJobs: 160).health(under: spec)
        == .noted(reason: "Working", message: "2 schedulers are running, the waiting jobs need 4"))
  }
}
