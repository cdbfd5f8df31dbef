import Glibc
import Model
import Testing

extension EndToEnd {
  /// Manifests in which two resources declare one thing.
  @Suite struct DeclaredTwice {
    @Test("Two Databases with one database are refused with both places, before a state exists")
    func databases() async throws {
      try await Installation.with { installation in
        try installation.write([.environment])
        let spec = "spec: {embedded: {}, database: shared}\n"
        for name in ["a", "b"] {
          try installation.write(
            "apiVersion: rendertrust.com/v1\nkind: Database\nmetadata: {name: \(name)}\n\(spec)",
            to: "\(name).yaml")
        }
        let apply = try await installation.run("apply", installation.manifestFolder)
        #expect(apply.exitCode == 2, "\(apply)")
        let folder = installation.manifestFolder
        #expect(
          apply.errors.contains(
            "\(folder)/b.yaml:4:32: error: database shared is declared by Database/a too "
              + "(\(folder)/a.yaml:4:32)"), "\(apply)")
        #expect(apply.errors.contains("a database has one Database; refer to Database/a"), "\(apply)")
        #expect(access(installation.state, F_OK) != 0)
      }
    }

    @Test("Two Services with overlapping host ports are refused")
    func ports() async throws {
      try await Installation.with { installation in
        let image = try installation.image("webImage")
        try installation.write([
          .environment, .service("web", image: image, more: #"ports: ["127.0.0.1:9150:8080"]"#),
          .service("web2", image: image, more: #"ports: ["0.0.0.0:9150:8080"]"#),
        ])
        let apply = try await installation.run("apply", installation.manifestFolder)
        #expect(apply.exitCode == 2, "\(apply)")
        #expect(
          apply.errors.contains(
            "host port 0.0.0.0:9150/tcp overlaps 127.0.0.1:9150/tcp of Service/web"), "\(apply)")
      }
    }
  }
}
