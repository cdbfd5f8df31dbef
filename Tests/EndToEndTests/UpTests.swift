import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// The behaviour of a running `up`.
  @Suite struct Up {
    private static let price = """
      SELECT coalesce(max(credits_micro), 0) FROM price_map_entries
      WHERE price_id = 'price_pack10' AND superseded_at IS NULL
      """

    private func hasPrice(_ credits: Int64, _ installation: Installation) async throws -> Bool {
      try await installation.eventually(within: 20) {
        try await installation.query(Up.price, in: "platform").only().int(0) == credits * 1_000_000
      } != nil
    }

    @Test("up applies edits, keeps the last valid manifests, and follows other commands")
    func edits() async throws {
      try await Installation.with { installation in
        let packs = Manifest.prices("packs", ["price_pack10": 100])
        try installation.write([.environment, .database, packs])
        try await installation.apply()
        let up = try await installation.up("--resync", "2s") { pid in
          try installation.write([.prices("packs", ["price_pack10": 110])])
          #expect(try await hasPrice(110, installation), "an edit was not applied")

          try installation.write("kind: PriceMap\n", to: packs.file)
          try await installation.query(
            "DELETE FROM price_map_entries WHERE superseded_at IS NULL", in: "platform")
          #expect(try await hasPrice(110, installation), "invalid manifests stop the correction of drift")
          #expect(kill(pid, 0) == 0)

          let rolled = try await installation.run("rollback", "1")
          #expect(rolled.exitCode == 0, "\(rolled)")
          #expect(try await hasPrice(100, installation), "a rollback was undone")
          // Drift is corrected towards the revision of the rollback.
          try await installation.query(
            "DELETE FROM price_map_entries WHERE superseded_at IS NULL", in: "platform")
          #expect(try await hasPrice(100, installation), "drift was not corrected after a rollback")
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        #expect(try await installation.hasStopped())
        let open = try await installation.query("SELECT count(*) FROM journal WHERE outcome IS NULL")
        #expect(try open.only().int(0) == 0)
      }
    }

    @Test("An up continues after a previous one was killed")
    func killed() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .service("web", image: try installation.image("webImage"))])
        try await installation.apply()
        let first = try await installation.up("--resync", "2s") { pid in kill(pid, SIGKILL) }
        #expect(first.outcome.exitCode == -SIGKILL)
        let container = try await installation.container(of: "Service/web")
        try await installation.engine.kill(container.id)
        let ready = try await installation.run(
          "up", installation.manifestFolder, "--until-ready", "--within", "30s")
        #expect(ready.exitCode == 0, "\(ready)")
        #expect(try await installation.container(of: "Service/web").status == .running)
        #expect(try await installation.hasStopped())
      }
    }
  }
}
