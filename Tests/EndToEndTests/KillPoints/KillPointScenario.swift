import ContainerSupport
import ControlPlane
import DockerEngine
import DockerSupport
import FoundationEssentials
import Model

/// A cycle of states of an environment. Each change to the next state is a set of steps; the last state
/// changes back to the first one, so that each state can be reached again and again.
struct KillPointScenario: Sendable {
  struct State: Sendable {
    let manifests: [Manifest]
    /// Whether the environment itself leaves the manifests.
    var hasEnvironment = true
    /// Changes outside systems, as a person would, right before the change to this state.
    var disturb: @Sendable (KillPointWorld) async throws -> Void = { _ in }
  }

  let name: String
  let states: [State]

  /// What exists in every state. The nodes without work keep the part that a change removes below the limit
  /// of the guard `prune`.
  static let base: [Manifest] =
    [.database]
    + (0..<12).map {
      Manifest("Node", "idle-\($0)", "owner: account/ada\nengine: {local: {}}\ncores: 1\nmemory: 64Mi")
    }

  /// The states as the controller reads them.
  func desired(in installation: Installation) throws -> [DesiredState] {
    try states.indices.map { index in
      let folder = "\(installation.folder)/\(name)-\(index)"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      for manifest in [.environment] + Self.base + states[index].manifests {
        try manifest.text.write(toFile: "\(folder)/\(manifest.file)", atomically: true, encoding: .utf8)
      }
      let loaded = try Platform.schemasOnly().load([folder]).desired
      guard !states[index].hasEnvironment else { return loaded }
      return DesiredState(
        environment: loaded.environment, allowsMockGPUs: loaded.allowsMockGPUs,
        resources: loaded.resources.filter { $0.id != loaded.environmentID })
    }
  }
}

extension KillPointScenario {
  static func all(_ installation: Installation) throws -> [KillPointScenario] {
    [databases, try containers(installation)] + (try records(installation))
  }

  /// A database is created, changed, renamed and dropped, with its roles.
  private static var databases: KillPointScenario {
    func database(_ name: String, former: String? = nil, _ roles: String) -> Manifest {
      Manifest("Database", name, former: former, "embedded: {}\nroles: [\(roles)]")
    }
    return KillPointScenario(
      name: "databases",
      states: [
        State(manifests: []),
        State(manifests: [database("one", "{name: kp_app, access: write, login: true}")]),
        State(
          manifests: [
            database(
              "one", "{name: kp_app, access: read, login: false}, {name: kp_two, access: read}")
          ], disturb: { try await $0.query("COMMENT ON DATABASE one IS NULL") }),
        State(
          manifests: [database("uno", former: "Database/one", "{name: kp_app, access: read, login: false}")]),
      ])
  }

  /// A service and a module without a scheduler.
  private static func containers(_ installation: Installation) throws -> KillPointScenario {
    let (web, echo) = (try installation.image("webImage"), try installation.image("echoImage"))
    let ports = ["a": try Loopback.freePort(), "b": try Loopback.freePort()]
    func manifests(_ memory: String, _ variant: String) -> [Manifest] {
      let more = "environment: {VARIANT: \"\(variant)\"}\nlimits: {memory: \(memory), cores: 0.25, pids: 32}"
      return [
        .node("work"),
        Manifest(
          "Service", "web",
          "image: \"\(web)\"\nhealth: {http: {port: 8080, path: /health}, within: 30s}\n\(more)\n"
            + "ports: [\"127.0.0.1:\(ports[variant] ?? 0):8080\"]"),
        Manifest(
          "Module", "echo",
          "jobType: echo\nimage: \"\(echo)\"\nserves: {http: {port: 8080, run: /run, health: /health}}\n"
            + "developer: account/wtfb\nplacement: {on: {tier: cpu}}\n\(more)"),
      ]
    }
    return KillPointScenario(
      name: "containers",
      states: [
        State(manifests: []),
        State(manifests: manifests("32Mi", "a")),
        State(manifests: manifests("48Mi", "a"), disturb: { try await $0.stopContainers() }),
        State(manifests: manifests("48Mi", "a"), disturb: { try await $0.disconnectContainers() }),
        State(manifests: manifests("48Mi", "b")),
      ])
  }
}

extension KillPointWorld {
  func stopContainers() async throws {
    for container in try await installation.containers() {
      try await installation.engine.stop(container.id, timeoutSeconds: 0)
    }
  }

  func disconnectContainers() async throws {
    for container in try await installation.containers() {
      try await installation.engine.disconnect(container.id, from: ContainerShape.network)
    }
  }
}
