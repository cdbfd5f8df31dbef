import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// Rollbacks by an operator and by `apply --atomic`.
  @Suite struct Rollbacks {
    private static let price = """
      SELECT coalesce(max(credits_micro), 0) FROM price_map_entries
      WHERE price_id = 'price_pack10' AND superseded_at IS NULL
      """

    private func price(_ installation: Installation) async throws -> Int64 {
      try await installation.query(Rollbacks.price, in: "platform").only().int(0) / 1_000_000
    }

    private func hasPrice(_ credits: Int64, _ installation: Installation) async throws -> Bool {
      try await installation.eventually(within: 20) { try await price(installation) == credits } != nil
    }

    private func packs(_ credits: Int) -> Manifest { .prices("packs", ["price_pack10": credits]) }

    private func service(_ name: String, path: String, _ installation: Installation) throws -> Manifest {
      Manifest(
        "Service", name,
        """
        image: "\(try installation.image("webImage"))"
        environment: {VARIANT: "\(path)"}
        health: {http: {port: 8080, path: \(path)}, within: 60s}
        \(Manifest.limits)
        """)
    }

    private func states(_ installation: Installation) async throws -> [String] {
      try await installation.run("history", "-o", "json").json().elements.map { revision in
        "\(revision["revision"]?.json ?? "?")" + (revision["quarantined"] == nil ? "" : " quarantined")
      }
    }

    private func count(_ reason: String, _ installation: Installation) async throws -> Int {
      try await installation.events().count { $0.hasPrefix(reason + " ") }
    }

    @Test(
      "up does not apply quarantined manifests again, but applies later ones")
    func quarantine() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, packs(100)])
        try await installation.apply()
        let up = try await installation.up("--resync", "2s") { _ in
          // The health check fails for a minute, so the rollback preempts a running step.
          try installation.write([packs(110), try service("web", path: "/nowhere", installation)])
          #expect(try await hasPrice(110, installation))
          let isWaiting = try await installation.eventually(within: 20) {
            try await !installation.containers().isEmpty
          }
          #expect(isWaiting != nil)
          let clock = ContinuousClock()
          let begun = clock.now
          let rolled = try await installation.run("rollback", "--allow-prune")
          print("rollback during a blocked step took \(clock.now - begun)")
          #expect(rolled.exitCode == 0, "\(rolled)")
          #expect(rolled.output.contains("Quarantined: revision 2."), "\(rolled)")
          #expect(clock.now - begun < .seconds(20), "the rollback waited for the step that it preempts")
          #expect(try await hasPrice(100, installation))
          #expect(try await states(installation) == ["3", "2 quarantined", "1"])
          // Quarantined manifests are written again.
          try installation.write([packs(110)])
          let isReported = try await installation.eventually(within: 20) {
            try await count("RevisionQuarantined", installation) == 1
          }
          #expect(isReported != nil)
          #expect(try await price(installation) == 100)
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")

        let next = try await installation.up("--resync", "2s") { _ in
          let isReported = try await installation.eventually(within: 20) {
            try await count("RevisionQuarantined", installation) == 2
          }
          #expect(isReported != nil, "up does not report that its manifests are quarantined")
          // Drift is corrected towards the revision of the rollback.
          try await installation.query(
            "DELETE FROM price_map_entries WHERE superseded_at IS NULL", in: "platform")
          #expect(try await hasPrice(100, installation))
          try installation.write([packs(120), try service("web", path: "/health", installation)])
          #expect(try await hasPrice(120, installation), "later manifests were not applied")
          #expect(try await states(installation) == ["4", "3", "2 quarantined", "1"])
        }
        #expect(next.outcome.exitCode == 0, "\(next.outcome)")
        #expect(
          next.outcome.output.contains("rendertrust apply"),
          "the output does not say how to lift the quarantine")

        try installation.write([packs(110), try service("web", path: "/nowhere", installation)])
        let back = try await installation.run("plan", installation.manifestFolder)
        #expect(back.exitCode == 0, "\(back)")
        #expect(try await installation.hasStopped())
      }
    }

    @Test("apply --atomic reverts prices when a service fails")
    func atomic() async throws {
      try await Installation.with { installation in
        let check = { (path: String) in "health: {http: {port: 8080, path: \(path)}, within: 2s}" }
        func web(_ path: String) throws -> Manifest {
          Manifest(
            "Service", "web",
            "image: \"\(try installation.image("webImage"))\"\nenvironment: {VARIANT: \"\(path)\"}\n"
              + "\(check(path))\n\(Manifest.limits)")
        }
        try installation.write([.environment, .database, packs(100), try web("/health")])
        try await installation.apply("--atomic")
        let old = try await installation.container(of: "Service/web")
        try installation.write([packs(110), .prices("trial", ["price_trial": 5]), try web("/nowhere")])
        let failed = try await installation.run("apply", installation.manifestFolder, "--atomic")
        #expect(failed.exitCode == 1, "\(failed)")
        #expect(failed.output.contains("✗ failed  Service/web"), "\(failed)")
        #expect(failed.output.contains("The previous state is restored"), "\(failed)")
        #expect(try await price(installation) == 100)
        #expect(try await installation.containers(of: "Service/web").map(\.id) == [old.id])
        #expect(try await states(installation) == ["3", "2 quarantined", "1"])
        #expect(try await installation.unready() == [])

        let again = try await installation.run("apply", installation.manifestFolder, "--atomic", "-o", "json")
        #expect(again.exitCode == 1, "\(again)")
        let report = try again.json()
        #expect(report["atomic"]?["end"] == .string("wentBack"), "\(again)")
        #expect(report["summary"]?["failed"] == .integer(1))
        #expect(
          again.errors.contains("QuarantineLifted"),
          "applying quarantined manifests did not lift the quarantine: \(again)")

        try installation.write([packs(120), try web("/health")])
        let good = try await installation.run("apply", installation.manifestFolder, "--atomic")
        #expect(good.exitCode == 0, "\(good)")
        #expect(try await price(installation) == 120)
      }
    }

    private func expectRestored(_ installation: Installation) async throws {
      let isBack = try await installation.eventually(within: 120) { try await price(installation) == 100 }
      #expect(isBack != nil, "the price was not reverted")
      let isGone = try await installation.eventually(within: 30) {
        try await installation.containers().isEmpty
      }
      #expect(isGone != nil, "the containers were not removed")
      let states = try await states(installation)
      #expect(states == ["3", "2 quarantined", "1"])
    }

    @Test("The next up reverts a killed apply --atomic")
    func killed() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, packs(100)])
        try await installation.apply()
        try installation.write([packs(110), try service("web", path: "/nowhere", installation)])
        let killed = try await installation.run(["apply", installation.manifestFolder, "--atomic"]) { pid in
          let isHalfDone = try await installation.eventually(within: 30) {
            try await installation.query(
              """
              SELECT count(*) FROM journal
              WHERE resource = 'PriceMap/packs' AND revision = 2 AND outcome = 'done'
              """
            ).only().int(0) == 1
          }
          #expect(isHalfDone != nil)
          kill(pid, SIGKILL)
        }.outcome
        #expect(killed.exitCode == -SIGKILL)
        #expect(try await price(installation) == 110)
        let up = try await installation.up("--resync", "2s") { _ in
          try await expectRestored(installation)
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        #expect(try await installation.hasStopped())
      }
    }
  }
}
