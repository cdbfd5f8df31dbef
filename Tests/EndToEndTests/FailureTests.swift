import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// Failures and their messages.
  @Suite struct Failures {
    @Test("Without a container engine, other resources are still applied")
    func engineDown() async throws {
      try await Installation.with { installation in
        let socket = installation.folder + "/dead.sock"
        try installation.write([
          .environment, .database, .prices("packs", ["price_pack10": 100]),
          .prices("trial", ["price_trial": 25]), .service("web", image: try installation.image("webImage")),
        ])
        let outcome = try await installation.run(
          "apply", installation.manifestFolder, variables: ["DOCKER_HOST": "unix://\(socket)"])
        #expect(outcome.exitCode == 1, "\(outcome)")
        let messages = outcome.output.split(separator: "\n").filter {
          $0.hasPrefix("✗ failed  Service/web") && $0.contains(socket)
        }
        #expect(messages.count == 1, "\(outcome)")
        #expect(messages.first?.contains("; ") == true, "the message has no hint: \(outcome)")
        let sql = "SELECT count(*) FROM price_map_entries WHERE superseded_at IS NULL"
        #expect(try await installation.query(sql, in: "platform").only().int(0) == 2)
        #expect(try await installation.unready().count == 1)

        // Unknown is not absent: containers of an unreachable engine are not created again.
        try await installation.apply()
        let away = try await installation.run(
          "plan", installation.manifestFolder, variables: ["DOCKER_HOST": "unix://\(socket)"])
        #expect(away.output.contains("unknown"), "\(away)")
        #expect(!away.output.contains("create"), "\(away)")
        let again = try await installation.run(
          "apply", installation.manifestFolder, variables: ["DOCKER_HOST": "unix://\(socket)"])
        #expect(again.exitCode == 1, "\(again)")
        #expect(try await installation.containers().count == 1)
      }
    }

    @Test("A port in use is named")
    func portTaken() async throws {
      try await Installation.with { installation in
        let (socket, port) = try Loopback.occupyPort()
        defer { close(socket) }
        try installation.write([
          .environment,
          .service(
            "web", image: try installation.image("webImage"), more: "ports: [\"127.0.0.1:\(port):8080\"]"),
        ])
        let outcome = try await installation.run("apply", installation.manifestFolder)
        #expect(outcome.exitCode == 1, "\(outcome)")
        let messages = outcome.output.split(separator: "\n").filter {
          $0.contains("port") && $0.contains("\(port)")
        }
        #expect(!messages.isEmpty, "\(outcome)")
        close(socket)
        try await installation.apply()
        #expect(try await installation.container(of: "Service/web").status == .running)
      }
    }

    @Test(
      "An unhealthy new image keeps the old container running, and `why` names the cause")
    func unhealthyImage() async throws {
      try await Installation.with { installation in
        let check = { (path: String) in "health: {http: {port: 8080, path: \(path)}, within: 2s}" }
        let (echo, next) = (try installation.image("echoImage"), try installation.image("echoImageNext"))
        try installation.write([
          .environment, .node("cpu-1"), .module("echo", image: echo, more: check("/health")),
        ])
        try await installation.apply()
        let old = try await installation.container(of: "Module/echo")
        try installation.write([.module("echo", image: next, more: check("/nowhere"))])
        let failed = try await installation.run("apply", installation.manifestFolder)
        #expect(failed.exitCode == 1, "\(failed)")
        let left = try await installation.container(of: "Module/echo")
        #expect(left.id == old.id && left.status == .running)

        let why = try await installation.run("why", "Module/echo")
        #expect(why.exitCode == 0, "\(why)")
        #expect(why.output.contains("404"), "why does not name the cause: \(why)")
        #expect(why.output.contains("next try"), "\(why)")
        let status = try await installation.run("get", "Module/echo", "-o", "json").json().elements.first
        #expect(status?["failures"] == .integer(1))
        #expect(status?["nextAttempt"] != nil)

        try installation.write([.module("echo", image: next, more: check("/health"))])
        try await installation.apply()
        #expect(try await installation.container(of: "Module/echo").image.hasSuffix(next.suffix(64)))
      }
    }

    @Test("Two concurrent applies create nothing twice")
    func concurrentApplies() async throws {
      try await Installation.with { installation in
        let (echo, web) = (try installation.image("echoImage"), try installation.image("webImage"))
        try installation.write([
          .environment, .database, .node("cpu-1"), .module("echo", image: echo),
          .service("web", image: web), .prices("packs", ["price_pack10": 100]),
        ])
        async let first = installation.run("apply", installation.manifestFolder)
        async let second = installation.run("apply", installation.manifestFolder)
        let outcomes = try await [first, second]
        #expect(outcomes.allSatisfy { $0.exitCode == 0 }, "\(outcomes)")
        try await installation.apply()
        #expect(try await installation.containers().count == 2)
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
        let journal = try await installation.query("SELECT count(*) FROM journal WHERE outcome IS NULL")
        #expect(try journal.only().int(0) == 0)
        #expect(try await installation.hasStopped())
      }
    }

    @Test("Ctrl-C finishes the running step, starts no other and leaves no open step")
    func interrupted() async throws {
      try await Installation.with { installation in
        // Three steps in sequence, each of at least 2 s.
        try installation.write([
          .environment, .node("cpu-1"),
          Manifest(
            "Module", "lines",
            """
            jobType: lines
            image: "\(try installation.image("echoImage"))"
            serves: {stdio: {}}
            developer: account/ada
            placement: {replicas: 3}
            \(Manifest.limits)
            """),
        ])
        let (outcome, _) = try await installation.run(["apply", installation.manifestFolder]) { pid in
          let begun = try await installation.eventually(within: 30) {
            try await !installation.containers().isEmpty
          }
          #expect(begun != nil)
          kill(pid, SIGINT)
        }
        #expect(outcome.exitCode == 1, "\(outcome)")
        #expect(outcome.errors.contains("Stopping"), "\(outcome)")
        let journal = try await installation.query(
          "SELECT coalesce(outcome, 'open') FROM journal WHERE resource = 'Module/lines'")
        #expect(try journal.map { row throws(PostgresError) in try row.text(0) } == ["done"])
        #expect(try await installation.containers().count == 1)
        try await installation.apply()
        #expect(try await installation.containers().count == 3)
      }
    }
  }
}
