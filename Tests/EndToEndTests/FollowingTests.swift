import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// What `up` does while it runs.
  @Suite struct Following {
    private static let price = """
      SELECT coalesce(max(credits_micro), 0) FROM price_map_entries
      WHERE price_id = 'price_pack10' AND superseded_at IS NULL
      """

    private func gives(_ credits: Int64, _ installation: Installation) async throws -> Bool {
      try await installation.eventually(within: 20) {
        try await installation.query(Following.price, in: "platform").only().int(0) == credits * 1_000_000
      } != nil
    }

    @Test("up follows edits, goes on with the last good manifests, and takes up what others apply")
    func edits() async throws {
      try await Installation.with { installation in
        let packs = Document.prices("packs", ["price_pack10": 100])
        try installation.write([.environment, .database, packs])
        try await installation.apply()
        let up = try await installation.up("--resync", "2s") { pid in
          try installation.write([.prices("packs", ["price_pack10": 110])])
          #expect(try await gives(110, installation), "an edit was not followed")

          try installation.write("kind: PriceMap\n", to: packs.file)
          try await installation.query(
            "DELETE FROM price_map_entries WHERE superseded_at IS NULL", in: "platform")
          #expect(try await gives(110, installation), "with broken manifests nothing is healed any more")
          #expect(kill(pid, 0) == 0)

          let rolled = try await installation.run("rollback", "1")
          #expect(rolled.exitCode == 0, "\(rolled)")
          #expect(try await gives(100, installation), "a rollback did not last")
          // Healed towards the revision that was rolled back to.
          try await installation.query(
            "DELETE FROM price_map_entries WHERE superseded_at IS NULL", in: "platform")
          #expect(try await gives(100, installation), "drift was not healed after a rollback")
        }
        #expect(up.outcome.exitCode == 0, "\(up.outcome)")
        #expect(try await installation.hasStopped())
        let open = try await installation.query("SELECT count(*) FROM journal WHERE outcome IS NULL")
        #expect(try open.only().int(0) == 0)
      }
    }

    @Test("A killed up leaves a world that the next one goes on with")
    func killed() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .service("web", image: try installation.image("webImage"))])
        try await installation.apply()
        let first = try await installation.up("--resync", "2s") { pid in kill(pid, SIGKILL) }
        #expect(first.outcome.exitCode == -SIGKILL)
        let container = try await installation.container(of: "Service/web")
        try await installation.engine.kill(container.id)
        let ready = try await installation.run(
          "up", installation.manifests, "--until-ready", "--within", "30s")
        #expect(ready.exitCode == 0, "\(ready)")
        #expect(try await installation.container(of: "Service/web").status == .running)
        #expect(try await installation.hasStopped())
      }
    }
  }
}
