import DockerSupport
import FoundationEssentials
import Glibc
import HTTP
import Model
import Postgres
import Subprocess
import Testing

extension EndToEnd {
  /// The server as a service.
  @Suite struct ServerProcess {
    private static let manifests = [Manifest.environment, .database, .prices("packs", ["price_pack10": 100])]

    @Test("A server becomes ready, corrects drift, exports metrics and logs JSON")
    func serves() async throws {
      try await Installation.with { installation in
        try installation.write(ServerProcess.manifests)
        let server = try await installation.serve("--log-level", "debug") { _ in
          #expect(try await installation.isReady())
          let healthz = try await installation.run("healthz", "--listen", "unix://\(installation.gateway)")
          #expect(healthz.exitCode == 0, "\(healthz)")
          try await installation.query("DELETE FROM price_map_entries", in: "platform")
          let healed = #"rendertrust_drift_healed_total{kind="PriceMap"}"#
          #expect(
            try await installation.eventually(within: 30) { await installation.metric(healed) == 1 } != nil)
          #expect(await installation.metric(#"rendertrust_drift_detected_total{kind="PriceMap"}"#) == 1)
          #expect(
            await installation.metric(#"rendertrust_resources{kind="PriceMap",condition="Ready"}"#) == 1)
          #expect(
            await installation.metric(
              #"rendertrust_step_duration_seconds_count{kind="PriceMap",action="create"}"#) ?? 0 >= 1)
          #expect(await installation.metric(#"rendertrust_revision{environment="dev"}"#) == 1)
          try await ServerProcess.check(await installation.ask("metrics")?.text ?? "")
        }
        #expect(server.outcome.exitCode == 0, "\(server.outcome)")
        let lines = try server.outcome.lines()
        for line in lines {
          for field in ["time", "level", "message"] {
            #expect(line[field] != nil, "\(line.json) has no \(field)")
          }
        }
        let done = lines.filter { $0["message"] == .string("step done") }
        #expect(
          done.contains { $0["resource"] == .string("PriceMap/packs") && $0["revision"] == .integer(1) })
        #expect(lines.contains { $0["reason"] == .string("DriftHealed") })
        #expect(lines.last?["message"] == .string("stopped"))
        #expect(try await installation.hasStopped())
        #expect(try await installation.openSteps() == 0)
      }
    }

    /// Checks the metrics with promtool, if it is installed.
    private static func check(_ metrics: String) async throws {
      let found = try? await Subprocess.run(
        .name("promtool"), arguments: ["check", "metrics"], input: .string(metrics),
        output: .string(limit: 1 << 16),
        error: .string(limit: 1 << 16))
      guard let found else { return print("promtool is not installed: the metrics were not checked with it") }
      #expect(found.terminationStatus.isSuccess, "\(found.standardOutput)\(found.standardError)")
    }

    struct Drain: Sendable, CustomTestStringConvertible {
      let reason: String
      let more: [String]
      let outlastsSignal: Bool
      let outcome: String
      var testDescription: String { reason }
    }

    static let drains: [Drain] = [
      Drain(reason: "a short step is finished", more: [], outlastsSignal: false, outcome: "done"),
      Drain(
        reason: "a blocked step is interrupted", more: [], outlastsSignal: true, outcome: "interrupted"
      ),
    ]

    @Test(
      "SIGTERM during a step ends the server within 10 s, and every step has an outcome",
      arguments: ServerProcess.drains)
    func drained(_ drain: Drain) async throws {
      try await Installation.with { installation in
        try installation.write(ServerProcess.manifests)
        try await installation.apply()
        try installation.write([.prices("packs", ["price_pack10": 110])])
        let clock = ContinuousClock()
        let signalled = try await installation.serve(isEnded: true) { pid -> ContinuousClock.Instant in
          try await installation.lockingPrices {
            let isRunning = try await installation.eventually(within: 30) {
              try await installation.openSteps() == 1
            }
            try #require(isRunning != nil, "no step started")
            kill(pid, SIGTERM)
            let begun = clock.now
            let isDraining = try await installation.eventually(within: 5) {
              await installation.ask("readyz").map { $0.status == 503 && $0.text.contains("stopping") }
                ?? false
            }
            #expect(isDraining != nil, "a stopping server reports ready")
            #expect(kill(pid, 0) == 0, "the server did not wait for the step")
            if drain.outlastsSignal {
              let isGone = try await installation.eventually(within: 10) {
                await installation.ask("healthz") == nil
              }
              #expect(isGone != nil)
            }
            return begun
          }
        }
        #expect(clock.now - signalled.output < .seconds(drain.outlastsSignal ? 12 : 10))
        #expect(signalled.outcome.exitCode == 0, "\(signalled.outcome)")
        #expect(try await installation.openSteps() == 0)
        let last = try await installation.query("SELECT outcome FROM journal ORDER BY sequence DESC LIMIT 1")
        #expect(try last.only().text(0) == drain.outcome)
        let verify = try await installation.run("audit", "verify")
        #expect(verify.exitCode == 0, "\(verify)")
      }
    }

    @Test("The service manager is notified of start, liveness and stop")
    func notifies() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database])
        let manager = try NotifySocket(path: installation.folder + "/n.sock")
        let server = try await installation.serve(
          variables: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000"]
        ) { _ in
          var messages = ""
          let lives = try await installation.eventually(within: 60) {
            messages += manager.receive()
            return messages.contains("WATCHDOG=1")
          }
          #expect(lives != nil)
          #expect(messages.hasPrefix("READY=1\nSTATUS=serving dev at unix://"), "\(messages)")
        }
        #expect(server.outcome.exitCode == 0, "\(server.outcome)")
        #expect(manager.receive().contains("STOPPING=1"))
      }
    }

    @Test("SIGHUP reloads the manifests; a second SIGTERM ends the server at once")
    func signals() async throws {
      try await Installation.with { installation in
        try installation.write(ServerProcess.manifests)
        let server = try await installation.serve { pid in
          #expect(try await installation.isReady())
          kill(pid, SIGHUP)
          try installation.write([.prices("packs", ["price_pack10": 120])])
          let revision = #"rendertrust_revision{environment="dev"}"#
          #expect(
            try await installation.eventually(within: 20) { await installation.metric(revision) == 2 } != nil)
          try await installation.lockingPrices {
            try installation.write([.prices("packs", ["price_pack10": 130])])
            #expect(
              try await installation.eventually(within: 20) { try await installation.openSteps() == 1 } != nil
            )
            kill(pid, SIGTERM)
            #expect(
              try await installation.eventually(within: 5) { await installation.ask("readyz")?.status == 503 }
                != nil)
            kill(pid, SIGTERM)
            #expect(
              try await installation.eventually(within: 2) { await installation.ask("healthz") == nil } != nil
            )
          }
        }
        #expect(server.outcome.exitCode == 130, "\(server.outcome)")
        #expect(try server.outcome.lines().contains { $0["signal"] == .string("SIGHUP") })
        let next = try await installation.serve { _ in try await installation.isReady() }
        #expect(next.output, "the next start did not become ready")
        #expect(next.outcome.exitCode == 0, "\(next.outcome)")
        #expect(try await installation.openSteps() == 0)
      }
    }
  }
}
