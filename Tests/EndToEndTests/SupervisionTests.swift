import DockerSupport
import FoundationEssentials
import Glibc
import HTTP
import Model
import Postgres
import PostgresSupport
import Subprocess
import Testing

extension EndToEnd {
  /// The private PostgreSQL ends, cannot be restarted, or belongs to another controller.
  @Suite(.timeLimit(.minutes(15))) struct Supervision {
    /// The number of kills of `make test`; `make soak` sets another one.
    private static let kills = getenv("RENDERTRUST_KILLS").flatMap { Int(String(cString: $0)) } ?? 4
    /// The longest time until the server is back. `make soak` measures it; other runs only end a wait.
    private static let limit: Duration = getenv("RENDERTRUST_KILLS") == nil ? .seconds(30) : .seconds(5)

    /// The longest time until a report of health. `make soak` measures it; other runs only end a wait.
    private static let answerLimit: Duration =
      getenv("RENDERTRUST_KILLS") == nil ? .seconds(10) : .seconds(1)

    private static let manifests = [Manifest.environment, .database, .prices("packs", ["price_pack10": 100])]

    @Test(
      "The server and its jobs continue after each kill of PostgreSQL, and lose no answered order")
    func kills() async throws {
      try await Installation.with { installation in
        try installation.write(Self.manifests)
        try installation.write([
          .ledger, .node("a"), Manifest("Scheduler", "global", "replicas: {min: 1, max: 2}"),
          Manifest(
            "Module", "echo",
            """
            jobType: echo
            image: "\(try installation.image("echoImage"))"
            serves: {stdio: {}}
            developer: account/wtfb
            price: {credits: 0.01, per: job}
            \(Manifest.limits)
            """),
        ])
        try await installation.apply()
        let given = try await installation.run("credits", "grant", "account/cleo", "1000", "--key", "welcome")
        try #require(given.exitCode == 0, "\(given)")
        let token = try await installation.run(
          "token", "create", "load", "--role", "creator", "--subject", "cleo")
        try #require(token.exitCode == 0, "\(token)")
        let load = OrderLoad(
          socket: installation.api, token: Secret(token.output.split(separator: "\n").joined()))

        let server = try await installation.serve { _ in
          try #require(try await installation.isReady())
          let world = try PrivateServer(installation)
          let slowest = try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<4 { group.addTask { try await load.run(client: number) } }
            var slowest = Duration.zero
            for round in 1...Self.kills {
              let span = try await Self.kill(round, world, installation, load)
              slowest = max(slowest, span)
              #expect(span < Self.limit, "kill \(round): healed after \(span)")
            }
            load.end()
            try await group.waitForAll()
            return slowest
          }
          print("\(Self.kills) kills: healed within \(slowest); \(load.answered.count) orders answered")
          let stored = try await world.texts("SELECT id::text FROM jobs", in: "platform")
          #expect(Set(load.answered).subtracting(stored) == [], "answered orders are lost")
          await world.close()
        }
        #expect(server.outcome.exitCode == 0, "\(server.outcome)")
        #expect(load.failures[0] == nil, "the API closed connections: \(load.failures)")
        #expect(try await installation.hasStopped())
        #expect(try await installation.run("ledger", "verify").exitCode == 0)
      }
    }

    /// Lets the prices drift, kills PostgreSQL under load, and returns how long it took until the server was
    /// ready, the drift was healed and another order was answered.
    private static func kill(
      _ round: Int, _ world: PrivateServer, _ installation: Installation, _ load: OrderLoad
    ) async throws -> Duration {
      let before = load.answered.count
      let isLoaded = try await installation.eventually(within: 20) { load.answered.count > before + 5 }
      try #require(isLoaded != nil, "round \(round): the clients get no answers: \(load.failures)")
      try await world.pool.query("DELETE FROM price_map_entries")
      let clock = ContinuousClock()
      let begun = clock.now
      Glibc.kill(try world.postmaster, SIGKILL)
      let answered = load.answered.count
      let isBack = try await installation.eventually(within: 30) {
        guard load.answered.count > answered, await installation.ask("readyz")?.status == 200 else {
          return false
        }
        let prices = try? await world.pool.query(
          "SELECT 1 FROM price_map_entries WHERE superseded_at IS NULL")
        return prices?.first != nil
      }
      let span = clock.now - begun
      try #require(isBack != nil, "round \(round): not back after \(span)")
      #expect(try installation.serverCount() == 1)
      #expect(await installation.ask("healthz")?.status == 200)
      let restarts = await installation.metric("rendertrust_postgres_restarts_total")
      #expect(restarts == Double(round), "round \(round)")
      return span
    }

    @Test("Health answers while PostgreSQL hangs, and names each part that does not answer")
    func hanging() async throws {
      try await Installation.with { installation in
        try installation.write(Self.manifests + [.ledger, .node("a"), Manifest("Scheduler", "global", "{}")])
        try await installation.apply()
        let server = try await installation.serve { _ in
          try #require(try await installation.isReady())
          let world = try PrivateServer(installation)
          let postmaster = try world.postmaster
          func signal(_ name: String) {
            TestFolder.run(["sh", "-c", "kill -\(name) \(postmaster) $(pgrep -P \(postmaster))"])
          }
          signal("STOP")
          defer { signal("CONT") }
          let clock = ContinuousClock()
          for path in ["readyz", "healthz", "readyz"] {
            let start = clock.now
            let answer = try #require(await installation.ask(path))
            #expect(clock.now - start < Self.answerLimit, "\(path)")
            guard path == "readyz" else { continue }
            let checks = try Value(json: answer.text)["checks"]
            #expect(answer.status == 503, "\(answer.text)")
            for part in ["state", "lease", "jobs"] {
              #expect(checks?[part]?.plainText.hasPrefix("no answer") == true, "\(answer.text)")
            }
            #expect(checks?["firstPass"] == .string("ok"), "\(answer.text)")
          }
          signal("CONT")
          let isBack = try await installation.eventually(within: 60) {
            await installation.ask("readyz")?.status == 200
          }
          #expect(isBack != nil)
          await world.close()
        }
        #expect(server.outcome.exitCode == 0, "\(server.outcome)")
      }
    }

    @Test("Health says that PostgreSQL cannot be restarted, and the server continues once it can be")
    func unstartable() async throws {
      try await Installation.with { installation in
        try installation.write(Self.manifests)
        let server = try await installation.serve("--liveness", "3s") { _ in
          try #require(try await installation.isReady())
          let world = try PrivateServer(installation)
          let (control, aside) = (world.data + "/global/pg_control", world.data + "/global/pg_control.aside")
          try FileManager.default.moveItem(atPath: control, toPath: aside)
          Glibc.kill(try world.postmaster, SIGKILL)
          var reason = ""
          let isUnready = try await installation.eventually(within: 20) {
            reason = await installation.ask("readyz")?.text ?? ""
            return reason.contains("postgres: the embedded PostgreSQL has been down")
          }
          #expect(isUnready != nil, "\(reason)")
          #expect(await installation.metric("rendertrust_postgres_up") == 0)
          let isDead = try await installation.eventually(within: 10) {
            let answer = await installation.ask("healthz")
            reason = answer?.text ?? ""
            return answer?.status == 503 && reason.contains("postgres: the embedded PostgreSQL has been down")
          }
          #expect(isDead != nil, "\(reason)")

          try FileManager.default.moveItem(atPath: aside, toPath: control)
          // The membership of this controller has expired meanwhile and is renewed by its next heartbeat.
          let isBack = try await installation.eventually(within: 10) {
            await installation.ask("readyz")?.status == 200
          }
          #expect(isBack != nil)
          #expect(await installation.ask("healthz")?.status == 200)
          #expect(await installation.metric("rendertrust_postgres_up") == 1)
          await world.close()
        }
        #expect(server.outcome.exitCode == 0, "\(server.outcome)")
        let messages = try server.outcome.lines().compactMap { $0["message"]?.plainText }
        #expect(messages.contains("The embedded PostgreSQL has ended; restarting it"))
        #expect(messages.count { $0.hasPrefix("The embedded PostgreSQL cannot be restarted") } == 1)
        #expect(messages.contains { $0.hasPrefix("The embedded PostgreSQL answers again after") })
      }
    }

    @Test(
      "Of two controllers in two PID namespaces on one state folder, one waits until the other has ended",
      .enabled(if: geteuid() == 0, "only root makes PID namespaces"))
    func namespaces() async throws {
      try await Installation.with { installation in
        try installation.write(Self.manifests)
        var counts: [Int] = []
        let second = NamespacedServer(installation, "second")
        let (first, outcome) = try await installation.serve(isEnded: true) { pid in
          try #require(try await installation.isReady())
          return try await second.run {
            // The second controller waits for as long as the first one runs.
            for _ in 0..<30 {
              counts.append(try installation.serverCount())
              #expect(await second.ask("readyz") == nil)
              try await ContinuousClock().sleep(for: .milliseconds(100))
            }
            Glibc.kill(pid, SIGTERM)
            let isReady = try await installation.eventually(within: 60) {
              counts.append(try installation.serverCount())
              return await second.ask("readyz")?.status == 200
            }
            #expect(isReady != nil, "the second controller did not take over")
          }
        }
        #expect(first.exitCode == 0, "\(first)")
        #expect(outcome.exitCode == 0, "\(outcome)")
        let text = "Another server runs on \(installation.state)/postgres, started in another PID namespace"
        #expect(outcome.output.contains(text), "\(outcome)")
        #expect(outcome.output.contains("waiting for it to end"), "\(outcome)")
        #expect(counts.max() == 1, "two servers ran on one data folder: \(counts)")
        #expect(try await installation.hasStopped())
      }
    }
  }
}
