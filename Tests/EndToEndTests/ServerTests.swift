import DockerSupport
import FoundationEssentials
import Glibc
import HTTP
import Model
import Postgres
import Subprocess
import Testing

extension EndToEnd {
  /// The controller as a service.
  @Suite struct Serving {
    private static let documents = [Document.environment, .database, .prices("packs", ["price_pack10": 100])]

    @Test("A server becomes ready, heals, counts what it does, and logs it as JSON")
    func serves() async throws {
      try await Installation.with { installation in
        try installation.write(Serving.documents)
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
          try await Serving.check(await installation.ask("metrics")?.text ?? "")
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

    /// Has Prometheus' own tool read the text, where it is installed.
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
      Drain(reason: "a step that ends soon is finished", more: [], outlastsSignal: false, outcome: "done"),
      Drain(
        reason: "a step that does not end is given up", more: [], outlastsSignal: true, outcome: "interrupted"
      ),
    ]

    @Test("SIGTERM during a step ends within 10 s, and every step has an outcome", arguments: Serving.drains)
    func drained(_ drain: Drain) async throws {
      try await Installation.with { installation in
        try installation.write(Serving.documents)
        try await installation.apply()
        try installation.write([.prices("packs", ["price_pack10": 110])])
        let clock = ContinuousClock()
        let signalled = try await installation.serve(isEnded: true) { pid -> ContinuousClock.Instant in
          try await installation.holdingPrices {
            let isUnderWay = try await installation.eventually(within: 30) {
              try await installation.openSteps() == 1
            }
            try #require(isUnderWay != nil, "no step was begun")
            kill(pid, SIGTERM)
            let begun = clock.now
            let isDraining = try await installation.eventually(within: 5) {
              await installation.ask("readyz").map { $0.status == 503 && $0.text.contains("stopping") }
                ?? false
            }
            #expect(isDraining != nil, "a server that stops says that it is not ready")
            #expect(kill(pid, 0) == 0, "it waits for the step")
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

    @Test("The service manager is told when it serves, that it lives and when it stops")
    func notifies() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database])
        let manager = try NotifySocket(path: installation.folder + "/n.sock")
        let server = try await installation.serve(
          variables: ["NOTIFY_SOCKET": manager.path, "WATCHDOG_USEC": "600000"]
        ) { _ in
          var told = ""
          let lives = try await installation.eventually(within: 60) {
            told += manager.receive()
            return told.contains("WATCHDOG=1")
          }
          #expect(lives != nil)
          #expect(told.hasPrefix("READY=1\nSTATUS=serving dev at unix://"), "\(told)")
        }
        #expect(server.outcome.exitCode == 0, "\(server.outcome)")
        #expect(manager.receive().contains("STOPPING=1"))
      }
    }

    @Test("SIGHUP reads the manifests again, and a second SIGTERM ends at once")
    func signals() async throws {
      try await Installation.with { installation in
        try installation.write(Serving.documents)
        let server = try await installation.serve { pid in
          #expect(try await installation.isReady())
          kill(pid, SIGHUP)
          try installation.write([.prices("packs", ["price_pack10": 120])])
          let revision = #"rendertrust_revision{environment="dev"}"#
          #expect(
            try await installation.eventually(within: 20) { await installation.metric(revision) == 2 } != nil)
          try await installation.holdingPrices {
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
        #expect(next.output, "the next start goes on")
        #expect(next.outcome.exitCode == 0, "\(next.outcome)")
        #expect(try await installation.openSteps() == 0)
      }
    }
  }
}
