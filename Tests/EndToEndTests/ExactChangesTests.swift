import DockerEngine
import DockerSupport
import Model
import Postgres
import Testing

extension EndToEnd {
  @Suite struct ExactChanges {
    @Test("Three edits plan and apply exactly three changes")
    func three() async throws {
      try await Installation.with { installation in
        let (echo, web) = (try installation.image("echoImage"), try installation.image("webImage"))
        try installation.write([
          .environment, .database, .node("cpu-1"), .module("echo", image: echo),
          .module("other", image: echo),
          .service("web", image: web), .service("docs", image: web), .prices("packs", ["price_pack10": 100]),
          .prices("trial", ["price_trial": 25]),
        ])
        try await installation.apply()
        let before = try await identities(installation)

        let gone = Manifest.service("docs", image: web)
        try installation.write([
          .prices("packs", ["price_pack10": 120]),
          .module("echo", image: try installation.image("echoImageNext")),
        ])
        try installation.remove(gone.file)
        let expected = ["PriceMap/packs": "update", "Module/echo": "replace", "Service/docs": "delete"]
        #expect(try await installation.changes() == expected)
        #expect(try await identities(installation) == before, "plan changed a container")

        let applied = try await installation.apply()
        #expect(applied.output.contains("2 done, 1 removed, 6 unchanged"), "\(applied)")
        let journal = try await installation.query(
          "SELECT DISTINCT resource FROM journal WHERE revision = 2 ORDER BY 1")
        #expect(try journal.map { row throws(PostgresError) in try row.text(0) } == expected.keys.sorted())
        let after = try await identities(installation)
        #expect(after["Service/docs"] == nil)
        #expect(after["Module/echo"] != before["Module/echo"])
        for id in ["Module/other", "Service/web"] { #expect(after[id] == before[id]) }
        #expect(try await installation.container(of: "Module/echo").image.hasSuffix(nextDigest(installation)))
        #expect(try await installation.changes().isEmpty)
        let described = try await installation.run("describe", "Module/echo")
        #expect(described.output.contains("done"), "\(described)")
      }
    }

    /// Container ID and start time by resource.
    private func identities(_ installation: Installation) async throws -> [String: String] {
      var identities: [String: String] = [:]
      for container in try await installation.containers() {
        let state = try await installation.engine.inspectContainer(container.id)
        let started = state?.startedAt.map { "\($0)" } ?? "never"
        identities[container.labels["\(Model.labelPrefix)/resource"] ?? "?", default: ""] +=
          "\(container.id) \(started)"
      }
      return identities
    }

    private func nextDigest(_ installation: Installation) throws -> String {
      String(try installation.image("echoImageNext").split(separator: "@")[1])
    }
  }
}
