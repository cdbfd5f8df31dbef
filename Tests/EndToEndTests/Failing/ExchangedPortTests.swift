import ContainerSupport
import DockerEngine
import DockerSupport
import Testing

extension EndToEnd {
  /// Host ports that go from one service to another in one change.
  @Suite struct ExchangedPorts {
    @Test("Services exchange their host ports in one apply", arguments: [false, true])
    func exchange(isAtomic: Bool) async throws {
      try await Services.with(["a", "b", "c"]) { services in
        try await services.apply()
        try services.write(["a": 1, "b": 2, "c": 0])
        let plan = try await services.installation.run("plan", services.installation.manifestFolder)
        #expect(plan.output.contains("stop container"), "\(plan)")
        #expect(plan.output.contains("is not declared any more"), "\(plan)")
        try await services.apply(isAtomic ? ["--atomic"] : [])
        try await services.expect(["a": 1, "b": 2, "c": 0])
      }
    }

    @Test("A new service gets the port that another one releases", arguments: [false, true])
    func handOver(isAtomic: Bool) async throws {
      try await Services.with(["b", "c"]) { services in
        try await services.apply()
        // The new service comes first in the plan's order.
        try services.write(["a": 0, "b": 2, "c": 1])
        try await services.apply(isAtomic ? ["--atomic"] : [])
        try await services.expect(["a": 0, "b": 2, "c": 1])
      }
    }

    @Test("A service takes the port of one that left the manifests", arguments: [false, true])
    func departure(isAtomic: Bool) async throws {
      try await Services.with(["a", "b"]) { services in
        try await services.apply()
        try services.remove("b")
        try services.write(["a": 1])
        let refused = try await services.installation.run(
          "apply", services.installation.manifestFolder, "--yes")
        #expect(refused.output.contains("Service/b, which still has what Service/a takes"), "\(refused)")
        try await services.apply(["--allow-prune"] + (isAtomic ? ["--atomic"] : []))
        try await services.expect(["a": 1])
      }
    }

    @Test("An exchange of which one side fails goes back")
    func goesBack() async throws {
      try await Services.with(["a", "b"]) { services in
        try await services.apply()
        try services.write(["a": 1, "b": 0], broken: "b")
        let result = try await services.installation.run(
          "apply", services.installation.manifestFolder, "--atomic", "--yes")
        #expect(result.exitCode != 0, "\(result)")
        try services.write(["a": 0, "b": 1])
        try await services.expect(["a": 0, "b": 1])
      }
    }
  }
}

/// Services of one image, each with a host port out of a few.
private struct Services {
  let installation: Installation
  let ports: [Int]

  /// - Parameter names: the services, with the ports in the same order.
  static func with(_ names: [String], _ body: (Services) async throws -> Void) async throws {
    try await Installation.with { installation in
      let ports = try names.map { _ in try Loopback.freePort() } + [try Loopback.freePort()]
      let services = Services(installation: installation, ports: ports)
      try services.write(Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) }))
      try await body(services)
    }
  }

  /// - Parameters:
  ///   - assignment: the service's name and the index of its port.
  ///   - broken: the service whose program ends at once.
  func write(_ assignment: [String: Int], broken: String? = nil) throws {
    for (name, port) in assignment.sorted(by: { $0.key < $1.key }) {
      let command = name == broken ? "command: [\"false\"]\n" : ""
      try installation.write([
        Manifest.service(
          name, image: try installation.image("webImage"),
          more: "ports: [\"127.0.0.1:\(ports[port]):8080\"]\n\(command)")
      ])
    }
  }

  func remove(_ name: String) throws { try installation.remove("service-\(name).yaml") }

  func apply(_ flags: [String] = []) async throws {
    let arguments = ["apply", installation.manifestFolder, "--yes"] + flags
    let result = try await installation.run(arguments) { _ in }.outcome
    #expect(result.exitCode == 0, "\(result)")
  }

  /// Each service answers on its port, no other container is left, and nothing is to be done.
  func expect(_ assignment: [String: Int]) async throws {
    #expect(try await installation.containers().count == assignment.count)
    for (name, port) in assignment {
      let container = try await installation.container(of: "Service/\(name)")
      #expect(container.ports.map(\.hostPort) == [ports[port]], "\(name)")
      let endpoint = InspectedContainer.HostPort(address: "127.0.0.1", port: ports[port])
      #expect(await HealthProbe.over(installation.bed.client)(endpoint, "/") == nil, "\(name)")
      #expect(try await installation.changes()["Service/\(name)"] == nil)
    }
  }
}
