import DockerEngine
import DockerSupport
import FoundationEssentials
import Model
import Testing

extension EndToEnd {
  /// Guards and approvals.
  @Suite struct GuardedChanges {
    @Test("prod destroys nothing without an approval of exactly that plan")
    func approval() async throws {
      try await Installation.with { installation in
        let strict = "requires: {approvals: {count: 1, from: [role/approver]}}"
        let reports = Manifest("Database", "reports", "embedded: {}")
        try installation.write([
          Manifest("Environment", "prod", strict), .database, reports,
          .prices("packs", ["price_pack10": 100]),
          .prices("trial", ["price_trial": 10]),
        ])
        try await installation.apply()
        try installation.remove(reports.file)
        // The same manifests cannot remove the requirement.
        try installation.write([Manifest("Environment", "prod", "{}"), .prices("trial", ["price_trial": 20])])
        let held = try await installation.run("apply", installation.manifestFolder)
        #expect(held.exitCode == 4, "\(held)")
        #expect(held.output.contains("drop database reports and everything in it"), "\(held)")
        #expect(held.output.contains("prod would ask for less approval than before"), "\(held)")
        #expect(try await installation.changes().keys.sorted() == ["Database/reports", "Environment/prod"])
        let digest = try #require(held.output.firstMatch(of: #/--approve ([0-9a-f]{12})/#)?.output.1)

        let wrong = try await installation.run(
          "apply", installation.manifestFolder, "--approve", "000000000000")
        #expect(wrong.exitCode == 4 && wrong.errors.contains("approves another plan"), "\(wrong)")
        let blanket = try await installation.run(
          "apply", installation.manifestFolder, "--allow", "destructive")
        #expect(blanket.exitCode == 2, "\(blanket)")

        let file = installation.folder + "/approved.plan"
        let kept = try await installation.run(
          "plan", installation.manifestFolder, "--approve", String(digest), "--out", file)
        #expect(kept.exitCode == 0, "\(kept)")
        let approved = try await installation.run("apply", file)
        #expect(approved.exitCode == 0, "\(approved)")
        #expect(try await installation.changes().isEmpty)
        #expect(
          try await installation.query("SELECT 1 FROM pg_database WHERE datname = 'reports'").isEmpty)
        #expect(try await installation.events().contains("GuardAllowed Database/reports"))
      }
    }

    @Test(
      "Replacing a service with a volume needs an allowance; other resources continue")
    func volumes() async throws {
      try await Installation.with { installation in
        let (old, next) = (
          try installation.image("webImage"), try installation.image("webImageNext")
        )
        let volume = "volumes: {data: /data}"
        try installation.write([
          .environment, .service("docs", image: old, more: volume), .service("web", image: old),
        ])
        try await installation.apply()
        let before = try await installation.container(of: "Service/docs").id
        let stateless = try await installation.container(of: "Service/web").id
        try installation.write([
          .service("docs", image: next, more: volume), .service("web", image: next),
        ])
        _ = try await installation.up { _ in
          let isHeld = try await installation.eventually(within: 60) {
            // The old container stops after the new one is healthy.
            let web = try await installation.containers(of: "Service/web").map(\.id)
            guard web.count == 1, web != [stateless] else { return false }
            return try await installation.run("get", "Service/docs").output.contains("the backup guard")
          }
          #expect(isHeld != nil)
        }
        #expect(try await installation.container(of: "Service/docs").id == before)
        let allowed = try await installation.run(
          "apply", installation.manifestFolder, "--allow", "stateful-replace=Service/docs")
        #expect(allowed.exitCode == 0, "\(allowed)")
        #expect(try await installation.container(of: "Service/docs").id != before)
        #expect(try await installation.events().contains("GuardAllowed Service/docs"))
      }
    }

    @Test("Cordoning the last node for a module needs an allowance")
    func lastNode() async throws {
      try await Installation.with { installation in
        let module = Manifest.module(
          "echo", image: try installation.image("webImage"), more: "placement: {on: {tier: gpu}}")
        try installation.write([.environment, .node("gpu-1", tier: "gpu"), .node("cpu-1"), module])
        try await installation.apply()
        let gpu = Manifest.node("gpu-1", tier: "gpu")
        try installation.write(gpu.text + "  schedulable: false\n", to: gpu.file)
        let held = try await installation.run("apply", installation.manifestFolder)
        #expect(held.exitCode == 4, "\(held)")
        #expect(held.output.contains("is the last node that can run Module/echo"), "\(held)")
        let json = try await installation.run("plan", installation.manifestFolder, "-o", "json").json()
        let guards = json["resources"]?.elements.first { $0["id"] == .string("Node/gpu-1") }?["guards"]
        #expect(guards?.elements.first?["rule"] == .string("last-node"))
        #expect(guards?.elements.first?["allow"] == .string("--allow last-node=Node/gpu-1"))
        let allowed = try await installation.run(
          "apply", installation.manifestFolder, "--allow", "last-node=Node/gpu-1")
        #expect(allowed.exitCode == 0, "\(allowed)")
      }
    }

    @Test("A database with a newer schema blocks resources that depend on it")
    func schema() async throws {
      try await Installation.with { installation in
        try installation.write([
          .environment, .database, .prices("packs", ["price_pack10": 100]),
          .service("web", image: try installation.image("webImage")),
        ])
        try await installation.apply()
        try await installation.query(
          "INSERT INTO schema_migrations (number, name, digest) VALUES (99, 'later', repeat('0', 64))",
          in: "platform")
        try installation.write([.prices("packs", ["price_pack10": 110])])
        let held = try await installation.run("apply", installation.manifestFolder)
        #expect(held.exitCode == 4, "\(held)")
        #expect(held.output.contains("Database/platform has schema 99"), "\(held)")
        #expect(held.output.contains("waits for Database/platform"), "\(held)")
        let allowed = try await installation.run(
          "apply", installation.manifestFolder, "--allow", "schema-downgrade=Database/platform")
        #expect(allowed.exitCode == 0, "\(allowed)")
      }
    }
  }
}
