import ContainerSupport
import DockerEngine
import DockerSupport
import Testing

extension EndToEnd {
  /// Changes of a container by other clients of the engine.
  @Suite struct OutsideChanges {
    @Test("A network that is disconnected and settings that are updated outside are drift, and healed")
    func networkAndSettings() async throws {
      try await Installation.with { installation in
        let port = try Loopback.freePort()
        try installation.write([
          .service(
            "web", image: try installation.image("webImage"), more: "ports: [\"127.0.0.1:\(port):8080\"]")
        ])
        try await installation.apply()
        let id = try await installation.container(of: "Service/web").id
        let endpoint = InspectedContainer.HostPort(address: "127.0.0.1", port: port)
        let get = HealthProbe.over(installation.bed.client)
        #expect(await get(endpoint, "/") == nil)

        try await installation.engine.disconnect(id, from: "bridge")
        #expect(await get(endpoint, "/") != nil)
        let plan = try await installation.run("plan", installation.manifestFolder)
        #expect(plan.output.contains("connect container web-0 to its network"), "\(plan)")
        try await installation.apply()
        #expect(await get(endpoint, "/") == nil, "the port answers")

        let limits = ContainerResources(memory: 32 << 20, nanoCPUs: 250_000_000, pids: 32)
        try await installation.engine.update(id, resources: limits, restart: .no)
        let update = try await installation.run("plan", installation.manifestFolder)
        #expect(update.output.contains("set settings of container web-0"), "\(update)")
        try await installation.apply()
        let state = try await installation.engine.inspectContainer(id)
        #expect(state?.restart == .unlessStopped, "the container was not replaced")
      }
    }
  }
}
