import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

// `Credits` is also the name of a suite.
private typealias Amount = Credits

extension EndToEnd {
  /// Jobs on declared nodes and modules.
  @Suite struct Jobs {
    private static func scheduler(_ more: String) -> Manifest { Manifest("Scheduler", "global", more) }

    private static func module(_ name: String, _ image: String, _ serves: String, _ more: String) -> Manifest
    {
      Manifest(
        "Module", name,
        """
        jobType: \(name)
        image: "\(image)"
        serves: \(serves)
        developer: account/wtfb
        \(Manifest.limits)
        \(more)
        """
      )
    }

    /// A node with a mock GPU, the modules `echo` and `storyboard`, and a ledger.
    private static func write(_ scheduler: Manifest, to installation: Installation) throws {
      try installation.write([
        .environment, .database, .ledger, .node("a", tier: "gpu"), scheduler,
        module(
          "echo", try installation.image("echoImage"), "{stdio: {}}", "price: {credits: 0.01, per: job}"),
        module(
          "storyboard", try installation.image("storyboardImage"), "{http: {port: 8188}}",
          "price: {credits: 0.5, per: frame}\nneeds: {gpuMemory: 12Gi, cores: 1}"),
      ])
    }

    /// Waits until every resource is ready and the node is online, and grants `cleo` 10 credits.
    private static func prepare(_ installation: Installation) async throws {
      let ready = try await installation.eventually(within: 90) { try await installation.unready().isEmpty }
      let unready = try await installation.unready()
      try #require(ready != nil, "\(unready)")
      let given = try await installation.run("credits", "grant", "account/cleo", "10", "--key", "welcome")
      try #require(given.exitCode == 0, "\(given)")
      let online = try await installation.eventually(within: 30) {
        try await node(installation)["online"] == .bool(true)
      }
      try #require(online != nil)
    }

    private static func node(_ installation: Installation) async throws -> Value {
      try await installation.run("node", "list", "-o", "json").json().elements.first ?? .null
    }

    private static func state(_ job: String, _ installation: Installation) async throws -> String? {
      try await installation.run("job", "get", job, "-o", "json").json()["state"]?.plainText
    }

    /// Process IDs of the scheduler replicas of this `up` that send heartbeats.
    private static func schedulers(of up: pid_t, _ installation: Installation) async throws -> Set<Int64> {
      let rows = try await installation.query(
        "SELECT process FROM scheduler_replicas WHERE name LIKE '%-' || $1 || '-%'", [.text("\(up)")],
        in: "platform")
      return Set(try rows.map { try $0.int(0) })
    }

    /// Whether a process runs; false for a zombie.
    private static func runs(_ process: Int64) -> Bool {
      var path = [CChar](repeating: 0, count: 256)
      return readlink("/proc/\(process)/exe", &path, path.count) > 0
    }

    @Test(
      "Two jobs run and settle: holds, captures, payouts and shares are ledger entries")
    func money() async throws {
      try await Installation.with { installation in
        try Self.write(Self.scheduler("replicas: {min: 1, max: 2}"), to: installation)
        try await installation.apply()
        let (up, _) = try await installation.up { _ in
          try await Self.prepare(installation)
          let echo = try await installation.run(
            "job", "submit", "echo", "--as", "account/cleo", "--input", #"{"text": "hi"}"#, "--wait")
          #expect(echo.exitCode == 0, "\(echo)")
          #expect(try echo.json()["echo"]?["text"] == .string("hi"), "\(echo)")
          let drawn = try await installation.run(
            "job", "submit", "storyboard", "--as", "account/cleo", "--units", "3", "--input",
            #"{"frames": 3}"#, "--wait")
          #expect(drawn.exitCode == 0, "\(drawn)")
          #expect(try drawn.json()["frames"]?.elements.count == 3, "\(drawn)")
          let jobs = try await installation.run("job", "list", "-o", "json").json().elements
          #expect(jobs.compactMap { $0["cost"]?.plainText } == ["1.5", "0.01"], "\(jobs)")

          let settled = try await installation.eventually(within: 20) {
            try await Self.statement("cleo", installation)["closing"] == .string("8.49")
          }
          let cleo = try await Self.statement("cleo", installation)
          #expect(settled != nil && cleo["held"] == .string("0"), "\(cleo.json)")
          let ada = try await Self.statement("ada", installation)
          let wtfb = try await Self.statement("wtfb", installation)
          print("creator \(cleo.json)\nnode owner \(ada.json)\ndeveloper \(wtfb.json)")
          #expect(ada["kind"] == .string("node_owner") && wtfb["kind"] == .string("module_developer"))
          #expect(try Self.types(ada) == ["payout"] && Self.types(wtfb).contains("share"))
          let spent = try Self.total(cleo) { $0 < 0 }
          let earned = try Self.total(ada) { $0 > 0 } + Self.total(wtfb) { $0 > 0 }
          #expect(spent == -1_510_000 && earned <= 1_510_000 && earned > 0)
          let held = try await installation.query(
            "SELECT count(*) FROM holds WHERE state = 'captured'", in: "platform")
          #expect(try held.only().int(0) == 2)
          #expect(try await installation.run("ledger", "verify").exitCode == 0)
        }
        #expect(up.errors.contains("schedulers: 0 → 1, the minimum"), "\(up)")
      }
    }

    private static func statement(_ account: String, _ installation: Installation) async throws -> Value {
      try await installation.run("credits", "statement", account, "-o", "json").json()
    }

    private static func types(_ statement: Value) throws -> Set<String> {
      Set((statement["lines"]?.elements ?? []).compactMap { $0["type"]?.plainText })
    }

    /// Micro-credits.
    private static func total(_ statement: Value, where isCounted: (Int64) -> Bool) throws -> Int64 {
      let amounts = (statement["lines"]?.elements ?? []).compactMap { $0["amount"]?.plainText }
      return try amounts.map { try #require(Amount($0)).micro }.filter(isCounted).reduce(0, +)
    }

    @Test("Running schedulers apply new weights; a kill ends the schedulers and keeps a cordon")
    func running() async throws {
      try await Installation.with { installation in
        func weights(_ latency: String, _ earnings: String) -> Manifest {
          Self.scheduler(
            "weights: {latency: \(latency), earnings: \(earnings)}\nreplicas: {min: 2, max: 3}")
        }
        try Self.write(weights("0.7", "0.3"), to: installation)
        try await installation.apply()
        let (killed, schedulers) = try await installation.up { up in
          try await Self.prepare(installation)
          #expect(try await installation.run("node", "cordon", "a").exitCode == 0)

          // The only node is cordoned. Interrupting --wait does not cancel the job.
          let left = try await installation.run([
            "job", "submit", "echo", "--as", "account/cleo", "--wait", "--key", "one",
          ]) { pid in
            _ = try await installation.eventually(within: 20) {
              try await !installation.run("job", "list", "-o", "name").output.isEmpty
            }
            kill(pid, SIGINT)
          }.outcome
          let job = try await installation.run("job", "list", "-o", "name").output.split(separator: "\n")
            .joined()
          #expect(left.exitCode == 130, "\(left)")
          #expect(left.errors.contains("The job continues: rendertrust job watch \(job)"), "\(left)")
          #expect(try await Self.state(job, installation) == "pending")

          let came = try await installation.eventually(within: 30) {
            try await Self.schedulers(of: up, installation).count == 2
          }
          #expect(came != nil)
          let before = try await Self.schedulers(of: up, installation)
          try installation.write([weights("0.2", "0.8")])
          let isApplied = try await installation.eventually(within: 30) {
            try await installation.query(
              "SELECT 1 FROM schedulers WHERE (settings ->> 'latencyWeight')::bigint = 200000", in: "platform"
            ).first != nil
          }
          #expect(isApplied != nil)
          #expect(try await installation.run("node", "uncordon", "a").exitCode == 0)
          let watched = try await installation.run("job", "watch", job)
          #expect(watched.exitCode == 0, "\(watched)")
          let why = try await installation.run("job", "why", job, "-o", "json").json()
          let chosen = try #require(
            why["chapters"]?.elements.first?["decision"]?["front"]?.elements.first, "\(why.json)")
          let latency = try #require(chosen["latencyMicroseconds"].flatMap { Int64($0.plainText) })
          let earnings = try #require(chosen["earnings"].flatMap { Int64($0.plainText) })
          let distance = latency * 1_000_000 / (latency + 1_000_000)
          #expect(
            chosen["score"].flatMap { Int64($0.plainText) } == (200_000 * distance + 800_000 * earnings)
              / 1_000_000,
            "\(chosen.json)"
          )
          #expect(try await Self.schedulers(of: up, installation) == before)

          #expect(try await installation.run("node", "cordon", "a").exitCode == 0)
          #expect(before.allSatisfy(Self.runs))
          kill(up, SIGKILL)
          return before
        }
        #expect(killed.exitCode == -SIGKILL)
        let gone = try await installation.eventually(within: 10) { !schedulers.contains(where: Self.runs) }
        #expect(gone != nil, "schedulers still run after their parent was killed: \(schedulers)")
        print("schedulers ended after \(gone.map { "\($0)" } ?? "–")")
        #expect(try await Self.node(installation)["held"] == .bool(true))
        let list = try await installation.run("node", "list")
        #expect(list.output.contains("cordoned"), "\(list)")
      }
    }
  }
}
