import ContainerSupport
import DockerEngine
import DockerSupport
import Testing

extension EndToEnd {
  /// A service that goes on under another name.
  @Suite struct RenamedServices {
    @Test("A renamed service keeps its host port in one apply", arguments: [false, true])
    func port(isAtomic: Bool) async throws {
      try await rename("", annotation: "", isAtomic: isAtomic)
    }

    @Test("A service that names its former name keeps its volume")
    func volume() async throws {
      try await rename(
        "volumes: {data: /data}", annotation: ", annotations: {rendertrust.com/moved-from: Service/web}",
        isAtomic: false)
    }

    @Test("A service that takes over only a port gets no volume of another one")
    func otherService() async throws {
      try await Installation.with { installation in
        let (web, site) = try manifests("volumes: {data: /data}", annotation: "", installation)
        try installation.write([web])
        try await installation.apply()
        try installation.remove(web.file)
        try installation.write(site, to: "site.yaml")
        let plan = try await installation.run("plan", installation.manifestFolder)
        #expect(plan.exitCode == 0 && !plan.output.contains("replace container"), "\(plan)")
        #expect(plan.output.contains("create container site-0"), "\(plan)")
      }
    }

    private func manifests(
      _ more: String, annotation: String, _ installation: Installation
    ) throws -> (web: Manifest, site: String) {
      let more = "ports: [\"127.0.0.1:\(try Loopback.freePort()):8080\"]\n" + more
      let web = Manifest.service("web", image: try installation.image("webImage"), more: more)
      return (web, web.text.replacing("{name: web}", with: "{name: site\(annotation)}"))
    }

    private func rename(_ more: String, annotation: String, isAtomic: Bool) async throws {
      try await Installation.with { installation in
        let (web, site) = try manifests(more, annotation: annotation, installation)
        try installation.write([web])
        try await installation.apply()
        let first = try await installation.container(of: "Service/web")
        let mounts = try await installation.engine.inspectContainer(first.id)?.mounts
        try installation.remove(web.file)
        try installation.write(site, to: "site.yaml")
        let result =
          try await isAtomic
          ? installation.run("apply", installation.manifestFolder, "--atomic")
          : installation.run("apply", installation.manifestFolder)
        #expect(result.exitCode == 0 && result.output.contains("moved from Service/web"), "\(result)")
        #expect(try await installation.containers().count == 1)
        let second = try await installation.container(of: "Service/site")
        #expect(try await installation.engine.inspectContainer(second.id)?.mounts == mounts)
        #expect(second.ports == first.ports)
        let port = try #require(second.ports.first)
        let endpoint = InspectedContainer.HostPort(address: port.hostIP, port: port.hostPort)
        #expect(await HealthProbe.over(installation.bed.client)(endpoint, "/") == nil)
        #expect(try await installation.changes()["Service/site"] == nil)
      }
    }
  }
}
