import ContainerSupport
import DockerEngine
import DockerSupport
import Glibc
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

    @Test(
      "A service that is renamed away and back keeps its data", arguments: [false, true])
    func awayAndBack(isAnnotated: Bool) async throws {
      try await Installation.with { installation in
        try await apply(["a": nil], installation)
        try await write("one", in: "a", installation)
        try await apply(["b": "a"], installation)
        #expect(try await token(in: "b", installation) == "one")
        try await apply(["a": isAnnotated ? "b" : nil], installation)
        #expect(try await token(in: "a", installation) == "one")
        #expect(try await changesOfDeclared(installation) == [:])
        #expect(try await installation.containers().count == 1)
        try await apply(["c": "a"], installation)
        #expect(try await token(in: "c", installation) == "one")
      }
    }

    @Test(
      "A new service of a former name has its own data beside the renamed one, also after further renames")
    func besideFormerName() async throws {
      try await Installation.with { installation in
        try await apply(["a": nil], installation)
        try await write("one", in: "a", installation)
        try await apply(["b": "a"], installation)
        try await apply(["a": nil, "b": "a"], installation)
        #expect(try await token(in: "a", installation) == "")
        #expect(try await token(in: "b", installation) == "one")
        try await write("two", in: "a", installation)
        #expect(try await installation.changes() == [:])
        try await apply(["a": nil, "c": "b"], installation)
        try await apply(["a": nil, "b": nil, "c": nil], installation)
        #expect(try await token(in: "a", installation) == "two")
        #expect(try await token(in: "b", installation) == "")
        #expect(try await token(in: "c", installation) == "one")
        try await write("three", in: "b", installation)
        try await apply(["d": "a", "b": nil, "c": nil], installation)
        try await apply(["d": nil, "b": nil, "c": nil, "a": nil], installation)
        for (name, expected) in [("a", ""), ("b", "three"), ("c", "one"), ("d", "two")] {
          #expect(try await token(in: name, installation) == expected, "\(name)")
        }
        #expect(try await installation.changes() == [:])
        #expect(try await installation.containers().count == 4)
      }
    }

    @Test("A service goes on under a third name while a new one takes its first name")
    func firstNameAgain() async throws {
      try await Installation.with { installation in
        try await apply(["a": nil], installation)
        try await write("one", in: "a", installation)
        try await apply(["b": "a"], installation)
        try await apply(["a": nil, "c": "b"], installation)
        #expect(try await token(in: "a", installation) == "")
        #expect(try await token(in: "c", installation) == "one")
        #expect(try await changesOfDeclared(installation) == [:])
        #expect(try await installation.containers().count == 2)
      }
    }

    /// The changes without the former names, which are observed for a while before they are forgotten.
    private func changesOfDeclared(_ installation: Installation) async throws -> [String: String] {
      try await installation.changes().filter { $0.value != "delete" }
    }

    /// Applies exactly these services with a volume each, by name, with the former name that they declare.
    private func apply(_ services: [String: String?], _ installation: Installation) async throws {
      for name in ["a", "b", "c", "d"] {
        let service = Manifest.service(
          name, image: try installation.image("webImage"), more: "volumes: {data: /data}")
        guard let former = services[name] else {
          if access("\(installation.manifestFolder)/\(service.file)", F_OK) == 0 {
            try installation.remove(service.file)
          }
          continue
        }
        let annotation = former.map { ", annotations: {rendertrust.com/moved-from: Service/\($0)}" } ?? ""
        try installation.write(
          service.text.replacing("{name: \(name)}", with: "{name: \(name)\(annotation)}"), to: service.file)
      }
      let result = try await installation.run("apply", installation.manifestFolder, "--yes")
      #expect(result.exitCode == 0, "\(result)")
    }

    private func shell(_ script: String, in name: String, _ installation: Installation) async throws -> String
    {
      let container = try await installation.container(of: "Service/\(name)")
      let result = try await installation.engine.run(
        ContainerProcess(in: container.id, ["/bin/sh", "-c", script], timeout: .seconds(20)))
      return String(decoding: result.output, as: UTF8.self)
    }

    private func write(_ token: String, in name: String, _ installation: Installation) async throws {
      _ = try await shell("printf \(token) >/data/token", in: name, installation)
      #expect(try await self.token(in: name, installation) == token)
    }

    /// The token in the volume of a service; empty in a new volume.
    private func token(in name: String, _ installation: Installation) async throws -> String {
      try await shell("cat /data/token 2>/dev/null", in: name, installation)
    }

    @Test("A service that takes over only a port gets no volume of another one")
    func otherService() async throws {
      try await Installation.with { installation in
        let (web, site) = try manifests("volumes: {data: /data}", annotation: "", installation)
        try installation.write([web])
        try await installation.apply()
        try installation.remove(web.file)
        try installation.write(site, to: "site.yaml")
        let plan = try await installation.run("plan", installation.manifestFolder, "--allow-prune")
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
