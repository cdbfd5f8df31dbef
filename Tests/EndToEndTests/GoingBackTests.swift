import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// The way back: by a person, and by an apply that fails as a whole.
  @Suite struct GoingBack {
    private static let price = """
      SELECT coalesce(max(credits_micro), 0) FROM price_map_entries
      WHERE price_id = 'price_pack10' AND superseded_at IS NULL
      """

    private func price(_ installation: Installation) async throws -> Int64 {
      try await installation.query(GoingBack.price, in: "platform").only().int(0) / 1_000_000
    }

    private func gives(_ credits: Int64, _ installation: Installation) async throws -> Bool {
      try await installation.eventually(within: 20) { try await price(installation) == credits } != nil
    }

    private func packs(_ credits: Int) -> Document { .prices("packs", ["price_pack10": credits]) }

    private func service(_ name: String, path: String, _ installation: Installation) throws -> Document {
      Document(
        "Service", name,
        """
        image: "\(try installation.image("webImage"))"
        environment: {VARIANT: "\(path)"}
        health: {http: {port: 8080, path: \(path)}, within: 60s}
        \(Document.limits)
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
      "What a rollback leaves stays away, also from the next up; the next good manifests come by themselves")
    func quarantine() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, packs(100)])
        try await installation.apply()
        let up = try await installation.up("--resync", "2s") { _ in
          // With a step that waits for a minute, so that the rollback finds work under way.
          try installation.write([packs(110), try service("web", path: "/nowhere", installation)])
          #expect(try await gives(110, installation))
          let isWaiting = try await installation.eventually(within: 20) {
            try await !installation.containers().isEmpty
          }
          #expect(isWaiting != nil)
          let clock = ContinuousClock()
          let begun = clock.now
          let rolled = try await installation.run("rollback", "--allow-prune")
          print("rollback beside a step that hangs took \(clock.now - begun)")
          #expect(rolled.exitCode == 0, "\(rolled)")
          #expect(rolled.output.contains("Quarantined: revision 2."), "\(rolled)")
          #expect(clock.now - begun < .seconds(20), "it does not wait for what it takes away")
          #expect(try await gives(100, installation))
          #expect(try await states(installation) == ["3", "2 quarantined", "1"])
          // The files were touched and say the same.
          try installation.write([packs(110)])
          let isTold = try await installation.eventually(within: 20) {
            try await count("RevisionQuarantined", installation) == 1
          }
          #expect(isTold != nil)
          #expect(try await price(installation) == 100)
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")

        let next = try await installation.up("--resync", "2s") { _ in
          let isTold = try await installation.eventually(within: 20) {
            try await count("RevisionQuarantined", installation) == 2
          }
          #expect(isTold != nil, "up begins with quarantined manifests and does not say so")
          // Drift is healed towards the revision that was rolled back to.
          try await installation.query(
            "DELETE FROM price_map_entries WHERE superseded_at IS NULL", in: "platform")
          #expect(try await gives(100, installation))
          try installation.write([packs(120), try service("web", path: "/health", installation)])
          #expect(try await gives(120, installation), "the next good manifests were not applied")
          #expect(try await states(installation) == ["4", "3", "2 quarantined", "1"])
        }
        #expect(next.outcome.exitCode == 0, "\(next.outcome)")
        #expect(next.outcome.output.contains("rendertrust apply"), "it does not say how to lift it")

        try installation.write([packs(110), try service("web", path: "/nowhere", installation)])
        let back = try await installation.run("plan", installation.manifests)
        #expect(back.exitCode == 0, "\(back)")
        #expect(try await installation.hasStopped())
      }
    }

    @Test("apply --atomic: a service that fails takes the prices beside it back")
    func atomic() async throws {
      try await Installation.with { installation in
        let check = { (path: String) in "health: {http: {port: 8080, path: \(path)}, within: 2s}" }
        func web(_ path: String) throws -> Document {
          Document(
            "Service", "web",
            "image: \"\(try installation.image("webImage"))\"\nenvironment: {VARIANT: \"\(path)\"}\n"
              + "\(check(path))\n\(Document.limits)")
        }
        try installation.write([.environment, .database, packs(100), try web("/health")])
        try await installation.apply("--atomic")
        let old = try await installation.container(of: "Service/web")
        try installation.write([packs(110), .prices("trial", ["price_trial": 5]), try web("/nowhere")])
        let failed = try await installation.run("apply", installation.manifests, "--atomic")
        #expect(failed.exitCode == 1, "\(failed)")
        #expect(failed.output.contains("✗ failed  Service/web"), "\(failed)")
        #expect(failed.output.contains("Everything is as it was before"), "\(failed)")
        #expect(try await price(installation) == 100)
        #expect(try await installation.containers(of: "Service/web").map(\.id) == [old.id])
        #expect(try await states(installation) == ["3", "2 quarantined", "1"])
        #expect(try await installation.unready() == [])

        let again = try await installation.run("apply", installation.manifests, "--atomic", "-o", "json")
        #expect(again.exitCode == 1, "\(again)")
        let told = try again.json()
        #expect(told["atomic"]?["end"] == .string("wentBack"), "\(again)")
        #expect(told["summary"]?["failed"] == .integer(1))
        #expect(again.errors.contains("QuarantineLifted"), "a person applied it again: \(again)")

        try installation.write([packs(120), try web("/health")])
        let good = try await installation.run("apply", installation.manifests, "--atomic")
        #expect(good.exitCode == 0, "\(good)")
        #expect(try await price(installation) == 120)
      }
    }

    private func seesTheWayBack(_ installation: Installation) async throws {
      let isBack = try await installation.eventually(within: 120) { try await price(installation) == 100 }
      #expect(isBack != nil, "the price stayed as the killed apply left it")
      let isGone = try await installation.eventually(within: 30) {
        try await installation.containers().isEmpty
      }
      #expect(isGone != nil, "what the apply made is still there")
      let states = try await states(installation)
      #expect(states == ["3", "2 quarantined", "1"])
    }

    @Test("apply --atomic, killed in the middle: the next up goes back")
    func killed() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, packs(100)])
        try await installation.apply()
        try installation.write([packs(110), try service("web", path: "/nowhere", installation)])
        let killed = try await installation.run(["apply", installation.manifests, "--atomic"]) { pid in
          let isHalfDone = try await installation.eventually(within: 30) {
            try await installation.query(
              "SELECT count(*) FROM journal WHERE resource = 'PriceMap/packs' AND revision = 2 AND outcome = 'done'"
            ).only().int(0) == 1
          }
          #expect(isHalfDone != nil)
          kill(pid, SIGKILL)
        }.outcome
        #expect(killed.exitCode == -SIGKILL)
        #expect(try await price(installation) == 110)
        let up = try await installation.up("--resync", "2s") { _ in
          try await seesTheWayBack(installation)
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        #expect(try await installation.hasStopped())
      }
    }
  }
}
