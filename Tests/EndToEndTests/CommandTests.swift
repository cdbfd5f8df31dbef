import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Postgres
import Testing

extension EndToEnd {
  /// Output and exit codes of commands.
  @Suite struct Commands {
    @Test("Invalid manifests: every error with location and hint, exit code 2, no change")
    func invalid() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .prices("packs", ["price_pack10": 100])])
        try installation.write(
          "apiVersion: rendertrust.com/v1\nkind: Service\nmetadata: {name: web}\nspec:\n  imag: x\n",
          to: "web.yaml")
        let outcome = try await installation.run("apply", installation.manifestFolder)
        #expect(outcome.exitCode == 2, "\(outcome)")
        #expect(outcome.errors.contains("web.yaml:5:3"), "\(outcome)")
        #expect(outcome.errors.contains("did you mean"), "\(outcome)")
        #expect(outcome.errors.contains("nothing was changed"), "\(outcome)")
        #expect(outcome.output.isEmpty)
        #expect(
          access(installation.state, F_OK) != 0, "invalid manifests created a state folder")
      }
    }

    @Test(
      "A usage error exits with 2 and a hint",
      arguments: [
        (["aply", "x"], "did you mean `apply`", "an unknown command suggests another"),
        (["plan", "x", "--colour"], "--colour", "an unknown option is named"),
        (["plan"], "paths", "a missing argument is named"),
        (["plan", "/nonexistent"], "/nonexistent", "a missing folder is named"),
        (["schema", "Modul"], "Module", "an unknown kind lists the kinds"),
        (["plan", ".", "-o", "name"], "'text' and 'json'", "an unsupported format lists the formats"),
      ])
    func usage(arguments: [String], expected: String, reason: String) async throws {
      try await Installation.with { installation in
        let outcome = try await installation.run(arguments) { _ in }.outcome
        #expect(outcome.exitCode == 2, "\(reason): \(outcome)")
        #expect(outcome.errors.contains(expected), "\(reason): \(outcome)")
      }
    }

    @Test("Before the first apply, commands report how to start")
    func beforeFirstApply() async throws {
      try await Installation.with { installation in
        for command in [["get"], ["events"], ["history"], ["destroy", "--yes"]] {
          let outcome = try await installation.run(command) { _ in }.outcome
          #expect(outcome.exitCode == 1, "\(outcome)")
          #expect(outcome.errors == "error: nothing was applied yet: rendertrust apply FOLDER\n")
        }
      }
    }

    @Test("An empty folder deletes nothing without --allow-prune")
    func pruning() async throws {
      try await Installation.with { installation in
        let manifests: [Manifest] = [
          .environment, .service("web", image: try installation.image("webImage")), .database,
          .prices("packs", ["price_pack10": 100]),
        ]
        try installation.write(manifests)
        try await installation.apply()
        for manifest in manifests.dropFirst() { try installation.remove(manifest.file) }
        let held = try await installation.run("apply", installation.manifestFolder)
        #expect(held.exitCode == 4, "\(held)")
        #expect(held.output.contains("--allow-prune"), "\(held)")
        #expect(try await installation.containers().count == 1)
        let unconfirmed = try await installation.run(
          "apply", installation.manifestFolder, "--allow-prune")
        #expect(unconfirmed.exitCode == 4, "\(unconfirmed)")
        #expect(
          unconfirmed.errors.contains(
            "1 step destroys data (Database/platform): pass --yes, or save the plan"),
          "\(unconfirmed)")
        #expect(try await installation.containers().count == 1)
        let allowed = try await installation.run(
          "apply", installation.manifestFolder, "--allow-prune", "--yes")
        #expect(allowed.exitCode == 0, "\(allowed)")
        #expect(try await installation.containers().isEmpty)
        #expect(try await installation.statuses().map { $0["id"]?.plainText } == ["Environment/dev"])
      }
    }

    @Test("A saved plan is applied unchanged or refused")
    func savedPlan() async throws {
      try await Installation.with { installation in
        let web = try installation.image("webImage")
        try installation.write([
          .environment, .database, .prices("packs", ["price_pack10": 100]), .service("web", image: web),
        ])
        let file = installation.folder + "/first.plan"
        let planned = try await installation.run("plan", installation.manifestFolder, "--out", file)
        #expect(planned.exitCode == 0, "\(planned)")
        let applied = try await installation.run("apply", file)
        #expect(applied.exitCode == 0, "\(applied)")
        #expect(try await installation.unready() == [])
        let idle = try await installation.apply()
        #expect(idle.output == "No changes. 4 resources are as declared.\n")

        // Changed manifests.
        try installation.write([.prices("packs", ["price_pack10": 110])])
        _ = try await installation.run("plan", installation.manifestFolder, "--out", file)
        try installation.write([.prices("packs", ["price_pack10": 120])])
        let changed = try await installation.run("apply", file)
        #expect(changed.exitCode == 1, "\(changed)")
        #expect(changed.errors.contains("the manifests changed since the plan was saved"), "\(changed)")
        #expect(changed.errors.contains("PriceMap/packs"), "\(changed)")

        // A removed container.
        _ = try await installation.run("plan", installation.manifestFolder, "--out", file)
        try await installation.engine.remove(
          try await installation.container(of: "Service/web").id, force: true)
        let moved = try await installation.run("apply", file)
        #expect(moved.exitCode == 1, "\(moved)")
        #expect(moved.errors.contains("the world changed since the plan was saved: Service/web"), "\(moved)")
        #expect(try await installation.containers().isEmpty)
      }
    }

    @Test("A rollback plans towards an older revision; diff and history show revisions")
    func rollback() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .prices("packs", ["price_pack10": 100])])
        try await installation.apply()
        try installation.write([.prices("packs", ["price_pack10": 120])])
        let different = try await installation.run("diff", installation.manifestFolder)
        #expect(different.exitCode == 3, "\(different)")
        #expect(different.output == "~ PriceMap/packs\n    spec.prices.price_pack10.credits  100 → 120\n")
        try await installation.apply()
        #expect(try await installation.run("diff", installation.manifestFolder).exitCode == 0)

        let sql = "SELECT credits_micro FROM price_map_entries WHERE superseded_at IS NULL"
        #expect(try await installation.query(sql, in: "platform").only().int(0) == 120_000_000)
        let rolled = try await installation.run("rollback")
        #expect(rolled.exitCode == 0, "\(rolled)")
        #expect(try await installation.query(sql, in: "platform").only().int(0) == 100_000_000)
        let history = try await installation.run("history", "-o", "json")
        let revisions = try history.json().elements
        #expect(revisions.map { $0["revision"] } == [.integer(3), .integer(2), .integer(1)])
        #expect(revisions.map { $0["digest"]?.plainText }[0] == revisions.map { $0["digest"]?.plainText }[2])
        #expect(revisions[0]["message"] == .string("rollback to 1"))
        let nowhere = try await installation.run("rollback", "7")
        #expect(nowhere.exitCode == 2, "\(nowhere)")
      }
    }

    @Test("destroy asks for confirmation and removes every applied resource")
    func destroy() async throws {
      try await Installation.with { installation in
        try installation.write([
          .environment, .database, .node("cpu-1"), .prices("packs", ["price_pack10": 100]),
          .module("echo", image: try installation.image("echoImage")),
          .service("web", image: try installation.image("webImage")),
        ])
        try await installation.apply()
        let asked = try await installation.run("destroy")
        #expect(asked.exitCode == 4, "\(asked)")
        #expect(try await installation.containers().count == 2)
        let done = try await installation.run("destroy", "--yes")
        #expect(done.exitCode == 0, "\(done)")
        #expect(try await installation.containers().isEmpty)
        #expect(try await installation.statuses().isEmpty)
        #expect(try await installation.apply().output.contains("6 done"))
      }
    }
  }
}
