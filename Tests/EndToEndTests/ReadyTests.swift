import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Testing

extension EndToEnd {
  @Suite struct Ready {
    @Test("A folder with every kind becomes ready and plans no changes")
    func everyKind() async throws {
      try await Installation.with { installation in
        try installation.write(try Ready.everyKind(installation))
        let ids = try await Set(
          installation.run("validate", installation.manifestFolder).output.split(separator: " "))
        #expect(ids.contains("14"))

        let first = try await installation.apply()
        #expect(first.output.contains("14 done"), "\(first)")
        #expect(try await installation.unready() == [])
        #expect(try await installation.statuses().count == 14)
        let plan = try await installation.run("plan", installation.manifestFolder, "--detailed-exitcode")
        #expect(plan.exitCode == 0, "\(plan)")
        #expect(plan.output == "No changes. 14 resources are as declared.\n")
        #expect(try await installation.containers().count == 6)
        #expect(try await installation.containers().allSatisfy { $0.status == .running })
        #expect(try await installation.hasStopped())

        let destroyed = try await installation.run("destroy", "--yes")
        #expect(destroyed.exitCode == 0, "\(destroyed)")
        #expect(try await installation.containers().isEmpty)
      }
    }

    private static func everyKind(_ installation: Installation) throws -> [Manifest] {
      let (echo, web) = (try installation.image("echoImage"), try installation.image("webImage"))
      return [
        .environment, .database, Manifest("Database", "reports", "embedded: {}\nroles: [{name: analyst}]"),
        .node("cpu-1"), .node("gpu-1", tier: "gpu"), .node("gpu-2", tier: "gpu"),
        .module("echo", image: echo),
        .module(
          "storyboard", image: try installation.image("storyboardImage"), port: 8188,
          more: "needs: {gpuMemory: 12Gi}\nplacement: {on: {tier: gpu}, replicas: 2}"),
        Manifest(
          "Module", "lines",
          "jobType: lines\nimage: \"\(echo)\"\nserves: {stdio: {}}\ndeveloper: account/ada\n"
            + Manifest.limits
        ),
        .service("web", image: web), .service("docs", image: web, more: "volumes: {pages: /pages}"),
        .prices("packs", ["price_pack10": 100, "price_pack50": 550]), .prices("trial", ["price_trial": 25]),
        Manifest(
          "BackupPolicy", "ledger",
          "of: Database/platform\nschedule: \"0 2 * * *\"\nrpo: 15m\nrepository: {folder: backups}"),
      ]
    }

    @Test("The dev environment of this repository is valid")
    func dev() async throws {
      try await Installation.with { installation in
        let root = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let files = FileManager.default
        for environment in ["base", "dev"] {
          try files.copyItem(
            atPath: "\(root)/manifests/\(environment)", toPath: "\(installation.folder)/\(environment)")
        }
        let dev = installation.folder + "/dev"
        try? files.removeItem(atPath: dev + "/images.yaml")
        let images = installation.bed.images.sorted { $0.key < $1.key }.map { "\($0.key): \"\($0.value)\"\n" }
        try images.joined().write(toFile: dev + "/images.yaml", atomically: true, encoding: .utf8)
        let validated = try await installation.run("validate", dev)
        #expect(validated.exitCode == 0, "\(validated)")
        #expect(validated.output.contains("environment dev are valid"))
      }
    }
  }
}
