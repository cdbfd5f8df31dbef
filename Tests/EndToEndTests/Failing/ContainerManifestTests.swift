import Testing

extension EndToEnd {
  /// Manifests of containers that would run another program, or in another way, than they declare.
  @Suite struct ContainerManifests {
    private static let image =
      "127.0.0.1:5055/rendertrust/web:1.0@sha256:" + String(repeating: "c5", count: 32)

    private func manifest(image: String = image, _ spec: String) -> String {
      """
      apiVersion: rendertrust.com/v1
      kind: Service
      metadata: {name: web}
      spec:
        image: "\(image)"
        \(spec)

      """
    }

    /// Applies the manifest of a service and expects exit code 2 with these errors, without a state.
    private func expectRefusal(_ text: String, _ errors: [String]) async throws {
      try await Installation.with { installation in
        try installation.write(text, to: "web.yaml")
        let result = try await installation.run("apply", installation.manifestFolder)
        #expect(result.exitCode == 2, "\(result)")
        for error in errors { #expect(result.errors.contains(error), "\(error): \(result)") }
        #expect(try await installation.containers().isEmpty)
      }
    }

    @Test("A capability that undoes the sandbox is refused with and without the prefix CAP_")
    func capabilityPrefix() async throws {
      try await expectRefusal(
        manifest("security: {capabilities: [CAP_SYS_ADMIN, CAP_SYS_MODULE, CAP_SYS_PTRACE]}"),
        [
          "web.yaml:6:29: error: CAP_SYS_ADMIN would undo the sandbox", "CAP_SYS_MODULE would undo",
          "CAP_SYS_PTRACE would undo",
        ])
    }

    @Test("A volume below a writable folder is refused")
    func volumeBelowWritableFolder() async throws {
      try await expectRefusal(
        manifest("volumes: {data: /tmp}"),
        ["web.yaml:6:19: error: /tmp is covered by the writable folder /tmp"])
    }

    @Test("An image name that no registry accepts is refused")
    func imageInUppercase() async throws {
      try await expectRefusal(
        manifest(image: Self.image.replacing("rendertrust/web", with: "RenderTrust/Web"), "ports: []"),
        ["web.yaml:5:10: error: ", "image names are lowercase, found ‘RenderTrust’"])
    }

    @Test("Variables with unusable names or values are refused")
    func variables() async throws {
      try await expectRefusal(
        manifest(#"environment: {"A\nB": c, " A": d, N: "a\0b", E: }"#),
        [
          "contains the control character U+000A", "‘N’ contains the control character U+0000",
          "‘E’ must be text or a secret reference, but nothing is written there",
        ])
      try await expectRefusal(
        manifest(#"environment: {" A": d}"#), ["‘ A’ is not a name of an environment variable"])
    }
  }
}
