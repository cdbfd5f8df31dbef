import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Testing

extension EndToEnd {
  @Suite struct GoldenPlan {
    @Test("The JSON of a plan equals the golden file; `UPDATE_GOLDEN=1 swift test` rewrites it")
    func json() async throws {
      try await Installation.with { installation in
        let (echo, web) = (try installation.image("echoImage"), try installation.image("webImage"))
        try installation.write([
          .environment, .database, .node("cpu-1"), .module("echo", image: echo), .service("web", image: web),
          .service("docs", image: web), .prices("packs", ["price_pack10": 100]),
        ])
        let first = try await installation.run("plan", installation.manifestFolder, "-o", "json")
        #expect(first.exitCode == 0, "\(first)")
        try expect(normalised(first.output, installation), isGolden: "plan-first.json")

        try await installation.apply()
        try installation.write([
          .prices("packs", ["price_pack10": 120]),
          .module("echo", image: try installation.image("echoImageNext")),
          .service("web", image: web, more: "environment: {LEVEL: debug}"),
        ])
        try installation.remove(Manifest.service("docs", image: web).file)
        let second = try await installation.run("plan", installation.manifestFolder, "-o", "json")
        try expect(normalised(second.output, installation), isGolden: "plan-second.json")
      }
    }

    /// Replaces what differs between hosts: the registry, digests, the owner label and folders.
    private func normalised(_ text: String, _ installation: Installation) throws -> String {
      text.replacing(installation.bed.registry, with: "REGISTRY")
        .replacing(try installation.owner(), with: "OWNER").replacing(installation.folder, with: "FOLDER")
        .replacing(/[0-9a-f]{64}/, with: "DIGEST").replacing(/sha256:[0-9a-f]{6,}/, with: "sha256:DIGEST")
        .replacing(/_[0-9a-f]{6}\b/, with: "_MARK")
    }

    private func expect(_ text: String, isGolden name: String) throws {
      let folder = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/Golden"
      let path = "\(folder)/\(name)"
      if getenv("UPDATE_GOLDEN") != nil {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: path, atomically: true, encoding: .utf8)
      }
      let golden = try String(contentsOfFile: path, encoding: .utf8)
      #expect(text == golden, "\(name) differs")
    }
  }
}
