import DockerEngine
import DockerSupport
import Model
import Postgres
import Testing

extension EndToEnd {
  @Suite struct Drift {
    @Test("Drift is detected and corrected, engine events within 5 s")
    func healing() async throws {
      try await Installation.with { installation in
        try installation.write([
          .environment, .database, .node("cpu-1"),
          .module("echo", image: try installation.image("echoImage")),
          .service("web", image: try installation.image("webImage")),
          .prices("packs", ["price_pack10": 100, "price_pack50": 550]),
        ])
        try await installation.apply()
        let up = try await installation.up("--resync", "2s") { _ in
          try await killedModule(installation)
          try await changedLimit(installation)
          try await stoppedService(installation)
          try await deletedPrice(installation)
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        let events = try await installation.events()
        for id in ["Module/echo", "Service/web", "PriceMap/packs"] {
          #expect(events.contains("DriftDetected \(id)"), "\(events)")
          #expect(events.contains("DriftHealed \(id)"), "\(events)")
        }
        // One event for the kill and one for the changed limits.
        #expect(events.count { $0 == "DriftHealed Module/echo" } >= 2, "\(events)")
        #expect(try await installation.unready() == [])
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
      }
    }

    /// Seconds between the engine event and a running container.
    private static let limit = 5

    private func killedModule(_ installation: Installation) async throws {
      let container = try await installation.container(of: "Module/echo")
      try await installation.engine.kill(container.id)
      let healed = try await installation.eventually(within: 60) {
        let now = try await installation.containers(of: "Module/echo")
        return now.count == 1 && now[0].status == .running
      }
      let time = try #require(healed, "the killed module did not come back")
      print("a killed module was restarted after \(time)")
      #expect(time <= .seconds(Drift.limit), "took \(time)")
      try await settled(installation, "Module/echo", healings: 1)
    }

    private func changedLimit(_ installation: Installation) async throws {
      let container = try await installation.container(of: "Module/echo")
      let before = try #require(try await installation.engine.inspectContainer(container.id)).resources
      var changed = before
      changed.memory = 48 << 20
      try await installation.engine.update(container.id, resources: changed)
      let healed = try await installation.eventually(within: 60) {
        try await installation.engine.inspectContainer(container.id)?.resources == before
      }
      #expect(healed != nil, "the limit of memory was not set back")
      try await settled(installation, "Module/echo", healings: 2)
    }

    private func stoppedService(_ installation: Installation) async throws {
      let container = try await installation.container(of: "Service/web")
      try await installation.engine.stop(container.id, timeoutSeconds: 0)
      let healed = try await installation.eventually(within: 60) {
        try await installation.container(of: "Service/web").status == .running
      }
      let time = try #require(healed, "the stopped service did not come back")
      #expect(time <= .seconds(Drift.limit), "took \(time)")
      try await settled(installation, "Service/web", healings: 1)
    }

    private func deletedPrice(_ installation: Installation) async throws {
      let current = "SELECT count(*) FROM price_map_entries WHERE price_id = $1 AND superseded_at IS NULL"
      let all = "SELECT count(*) FROM price_map_entries"
      // A superseded row, which must stay unchanged.
      try await installation.query(
        """
        INSERT INTO price_map_entries (map, price_id, credits_micro, currency, recorded_at, superseded_at)
        VALUES ('packs', 'price_pack10', 90000000, 'usd', now() - interval '2 days', now() - interval '1 day')
        """, in: "platform")
      try await installation.query(
        "DELETE FROM price_map_entries WHERE price_id = 'price_pack10' AND superseded_at IS NULL",
        in: "platform")
      let healed = try await installation.eventually(within: 60) {
        try await installation.query(current, [.text("price_pack10")], in: "platform").only().int(0) == 1
      }
      #expect(healed != nil, "the deleted price was not recorded again")
      #expect(try await installation.query(all, in: "platform").only().int(0) == 3)
      try await settled(installation, "PriceMap/packs", healings: 1)
    }

    /// Waits for the event of the correction, so that the next change counts as new drift.
    private func settled(_ installation: Installation, _ id: String, healings: Int64) async throws {
      let sql = "SELECT count(*) FROM events WHERE resource = $1 AND reason = 'DriftHealed'"
      let noticed = try await installation.eventually(within: 30) {
        try await installation.query(sql, [.text(id)]).only().int(0) >= healings
      }
      #expect(noticed != nil, "\(id) has fewer than \(healings) DriftHealed events")
    }

    @Test("Mode observe reports drift without correcting it; mode paused reports nothing")
    func modes() async throws {
      try await Installation.with { installation in
        let web = try installation.image("webImage")
        let manifests: [Manifest] = [
          .environment, .service("watched", image: web), .service("left", image: web),
        ]
        try installation.write(manifests)
        try await installation.apply()
        try installation.write([
          .service("watched", image: web, mode: "observe"), .service("left", image: web, mode: "paused"),
        ])
        try await installation.engine.stop(
          try await installation.container(of: "Service/watched").id, timeoutSeconds: 0)
        try await installation.engine.stop(
          try await installation.container(of: "Service/left").id, timeoutSeconds: 0)

        let applied = try await installation.run("apply", installation.manifestFolder)
        #expect(try await installation.container(of: "Service/watched").status == .exited)
        #expect(try await installation.container(of: "Service/left").status == .exited)
        #expect(applied.exitCode == 0, "\(applied)")
        #expect(applied.output.contains("DriftDetected"), "\(applied)")
        #expect(applied.output.contains("2 not enforced"), "\(applied)")
        let plan = try await installation.changes()
        #expect(plan == ["Service/watched": "drifted", "Service/left": "paused"])
        let detailed = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(detailed.exitCode == 0, "observed drift counts as a change: \(detailed)")
        let ready = try await installation.run(
          "up", installation.manifestFolder, "--until-ready", "--within", "20s")
        #expect(ready.exitCode == 0, "--until-ready waits for resources that are not enforced: \(ready)")
        #expect(try await installation.events().contains("DriftDetected Service/watched"))
        #expect(try await !installation.events().contains("DriftDetected Service/left"))

        try installation.write(manifests)
        try await installation.apply()
        #expect(try await installation.containers().allSatisfy { $0.status == .running })
      }
    }
  }
}
