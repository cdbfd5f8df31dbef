import ContainerSupport
import DockerEngine
import DockerSupport
import FoundationEssentials
import Model
import Postgres
import Testing

extension EndToEnd {
  /// Import of existing containers and prices, and export of manifests.
  @Suite struct Adoption {
    /// A container without hardening: root, all capabilities, a password in its environment.
    private func legacy(
      _ installation: Installation, _ name: String, volume: String? = nil
    ) async throws -> ContainerState {
      var configuration = ContainerConfiguration(image: try installation.image("webImage"))
      _ = try await installation.bed.pulled("webImage")
      configuration.environment = [
        EnvironmentEntry("LOG_LEVEL", "debug"), EnvironmentEntry("DB_PASSWORD", "hunter2-never-seen"),
      ]
      configuration.labels = ["com.example.stack": "legacy"]
      configuration.hardening.readOnlyRoot = false
      configuration.hardening.noNewPrivileges = false
      configuration.hardening.droppedCapabilities = []
      configuration.tmpfs = [:]
      configuration.resources = ContainerResources(memory: 64 << 20, nanoCPUs: 500_000_000, pids: 0)
      configuration.restart = .always
      configuration.usesInit = false
      if let volume { configuration.volumes = [VolumeMount(volume, at: "/data")] }
      let id = try await installation.engine.createContainer(name: name, configuration)
      try await installation.engine.start(id)
      return try #require(try await installation.engine.inspectContainer(id))
    }

    @Test("An imported container is kept, corrected in place, and replaced by a later change")
    func container() async throws {
      try await Installation.with { installation in
        let name = "legacy-\(UInt32.random(in: 0 ... .max))"
        let engine = installation.engine
        try await engine.createVolume("\(name)-data", labels: [:])
        let before = try await legacy(installation, name, volume: "\(name)-data")
        do {
          try await follow(before, installation)
        } catch {
          try? await engine.remove(name, force: true)
          throw error
        }
        try? await engine.remove(name, force: true)
        for container in try await installation.containers() {
          try await engine.remove(container.id, force: true)
        }
        try await engine.removeVolume("\(name)-data")
      }
    }

    private func follow(_ before: ContainerState, _ installation: Installation) async throws {
      let engine = installation.engine
      let manifests: [Manifest] = [.environment, .database, .prices("packs", ["price_pack10": 100])]
      try installation.write(manifests)
      try await installation.apply()

      let printed = try await installation.run("import", "Service/web", "--container", before.name)
      #expect(printed.exitCode == 0, "\(printed)")
      #expect(
        printed.output.contains("rendertrust.com/adopts: \(before.name)@\(before.id.prefix(12))"),
        "\(printed)")
      #expect(printed.output.contains("LOG_LEVEL: debug"), "\(printed)")
      #expect(!"\(printed)".contains("hunter2"), "a secret was printed")
      #expect(printed.errors.contains("environment.DB_PASSWORD"), "\(printed)")
      #expect(printed.errors.contains("labels"), "\(printed)")

      let imported = try await installation.run(
        "import", "Service/web", installation.manifestFolder, "--container", before.name)
      #expect(imported.exitCode == 0, "\(imported)")
      #expect(imported.errors.contains("is managed since revision 2"), "\(imported)")
      let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
      #expect(plan.exitCode == 0, "\(plan)")
      let after = try #require(try await engine.inspectContainer(before.name))
      #expect(
        after.id == before.id && after.startedAt == before.startedAt,
        "the container was restarted or replaced")
      let again = try await installation.run("import", "Service/other", "--container", before.name)
      #expect(again.exitCode == 1 && again.errors.contains("already adopted by Service/web"), "\(again)")

      // Drift is corrected in the same container.
      try await engine.update(
        before.id, resources: ContainerResources(memory: 128 << 20, nanoCPUs: 500_000_000, pids: 0))
      try await engine.stop(before.id, timeoutSeconds: 0)
      #expect(try await installation.changes() == ["Service/web": "update"])
      try await installation.apply()
      let healed = try #require(try await engine.inspectContainer(before.name))
      #expect(healed.id == before.id && healed.isRunning && healed.resources.memory == 64 << 20)

      // A change that needs a new container is blocked because of the volume.
      let file = "\(installation.manifestFolder)/service-web.yaml"
      let manifest = try String(contentsOfFile: file, encoding: .utf8)
      try manifest.replacing("LOG_LEVEL: debug", with: "LOG_LEVEL: info").write(
        toFile: file, atomically: true, encoding: .utf8)
      let held = try await installation.run("apply", installation.manifestFolder)
      #expect(held.exitCode == 4 && held.output.contains("the backup guard"), "\(held)")
      let replaced = try await installation.run(
        "apply", installation.manifestFolder, "--allow", "stateful-replace=Service/web",
        variables: ["DB_PASSWORD": "hunter2-never-seen"])
      #expect(replaced.exitCode == 0, "\(replaced)")
      #expect(try await engine.inspectContainer(before.name) == nil, "the adopted container was not removed")
      let successor = try await installation.container(of: "Service/web").id
      let own = try #require(try await engine.inspectContainer(successor))
      #expect(own.volumes.map(\.source) == ["\(before.name)-data"], "the volume changed")
      #expect(own.hardening.noNewPrivileges && own.hardening.droppedCapabilities == ["ALL"])
      #expect(try await installation.changes().isEmpty)

      // Another container with the old name is not touched.
      let unrelated = try await legacy(installation, before.name)
      #expect(try await installation.changes().isEmpty)
      try installation.remove("service-web.yaml")
      let removed = try await installation.run("apply", installation.manifestFolder)
      #expect(removed.exitCode == 0, "\(removed)")
      #expect(try await installation.containers().isEmpty)
      let left = try await engine.inspectContainer(before.name)
      #expect(left?.id == unrelated.id)
    }

    @Test(
      "An adopted container is removed with its manifest; adopting it twice is refused"
    )
    func removalAndRefusals() async throws {
      try await Installation.with { installation in
        let engine = installation.engine
        let name = "legacy-\(UInt32.random(in: 0 ... .max))"
        let container = try await legacy(installation, name)
        let manifests: [Manifest] = [.environment, .database, .prices("packs", ["price_pack10": 100])]
        try installation.write(manifests)
        let imported = try await installation.run(
          "import", "Service/web", "--container", name, "--environment", "dev")
        #expect(imported.exitCode == 0, "\(imported)")
        try installation.write(imported.output, to: "web.yaml")
        try installation.write(imported.output.replacing("name: web", with: "name: twin"), to: "twin.yaml")
        let twice = try await installation.run("plan", installation.manifestFolder)
        #expect(twice.exitCode == 2 && twice.errors.contains("is declared by Service/twin too"), "\(twice)")
        try installation.remove("twin.yaml")
        try await installation.apply()
        let kept = try await engine.inspectContainer(name)
        #expect(kept?.id == container.id)
        try installation.remove("web.yaml")
        try await installation.apply()
        #expect(try await engine.inspectContainer(name) == nil)

        var foreign = ContainerConfiguration(image: try installation.image("webImage"))
        foreign.labels = [ContainerLabels.owner: "other"]
        let owned = try await engine.createContainer(name: name, foreign)
        let refused = try await installation.run("import", "Service/web", "--container", name)
        try await engine.remove(owned, force: true)
        #expect(
          refused.exitCode == 1 && refused.errors.contains("belongs to controller other"), "\(refused)"
        )
        let missing = try await installation.run("import", "Service/web", "--container", name)
        #expect(missing.exitCode == 1 && missing.errors.contains("there is no container"), "\(missing)")
        let node = try await installation.run("import", "Node/x")
        #expect(
          node.exitCode == 2 && node.errors.contains("these kinds do: Database, PriceMap, Service"), "\(node)"
        )
      }
    }

    @Test("Importing unmanaged prices writes no row")
    func prices() async throws {
      try await Installation.with { installation in
        try installation.write([.environment, .database, .prices("packs", ["price_pack10": 100])])
        try await installation.apply()
        try await installation.query(
          """
          INSERT INTO price_map_entries (map, price_id, credits_micro, amount_tenthousandths, currency)
          VALUES ('legacy', 'price_old1', 5000000, 5000, 'usd'),
            ('legacy', 'price_old2', 25000000, 25000, 'usd')
          """, in: "platform")
        let rows = "SELECT count(*) * 1000 + max(id) FROM price_map_entries"
        let before = try await installation.query(rows, in: "platform").only().int(0)
        let wrong = try await installation.run("import", "PriceMap/other", "--in", "Database/platform")
        #expect(wrong.exitCode == 1 && wrong.errors.contains("legacy (2)"), "\(wrong)")
        let imported = try await installation.run(
          "import", "PriceMap/legacy", installation.manifestFolder, "--in", "Database/platform",
          "--currency",
          "usd")
        #expect(imported.exitCode == 0, "\(imported)")
        #expect(imported.output.contains("price_old2:"), "\(imported)")
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
        let after = try await installation.query(rows, in: "platform").only().int(0)
        #expect(after == before)
      }
    }

    @Test("Exported manifests contain the drift and change nothing")
    func export() async throws {
      try await Installation.with { installation in
        let web = try installation.image("webImage")
        try installation.write([
          .environment, .database, .prices("packs", ["price_pack10": 100, "price_pack50": 550]),
          .node("cpu-1"),
          .service("web", image: web, more: "environment: {TOKEN: {env: E2E_TOKEN}}"),
          .module("echo", image: web),
        ])
        try await installation.apply(variables: ["E2E_TOKEN": "not-to-be-exported"])
        try await installation.query(
          "UPDATE price_map_entries SET credits_micro = 120000000 WHERE price_id = 'price_pack10'",
          in: "platform")
        let container = try await installation.container(of: "Service/web")
        try await installation.engine.update(
          container.id, resources: ContainerResources(memory: 96 << 20, nanoCPUs: 250_000_000, pids: 48))
        #expect(try await installation.changes().keys.sorted() == ["PriceMap/packs", "Service/web"])

        let folder = installation.folder + "/live"
        let export = try await installation.run(
          "export", "--to", folder, variables: ["E2E_TOKEN": "not-to-be-exported"])
        #expect(export.exitCode == 0, "\(export)")
        let plan = try await installation.run("plan", folder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(export) \(plan)")
        let one = try await installation.run("export", "PriceMap/packs")
        #expect(one.output.contains("credits: 120"), "\(one)")
        let service = try await installation.run("export", "Service")
        #expect(
          service.output.contains("memory: 96Mi") && service.output.contains("env: E2E_TOKEN"), "\(service)")
        #expect(!service.output.contains("not-to-be-exported"))
        let again = try await installation.run("export", "--to", folder)
        #expect(again.exitCode == 2, "export overwrote manifests: \(again)")
      }
    }
  }
}
