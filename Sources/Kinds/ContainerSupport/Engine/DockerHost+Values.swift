internal import DockerEngine
internal import Model

// Conversions between the values of the driver and those of the kinds.
extension DockerHost {
  func translating<Result>(
    _ body: () async throws(DockerError) -> Result
  ) async throws(BackendError) -> Result {
    do throws(DockerError) {
      return try await body()
    } catch {
      throw error.backendError
    }
  }

  static func configuration(of request: ContainerRequest) -> ContainerConfiguration {
    let template = request.template
    var configuration = ContainerConfiguration(image: template.image.pullReference)
    configuration.command = template.command.isEmpty ? nil : template.command
    configuration.environment = request.environment.sorted { $0.key < $1.key }.map { name, value in
      if case .plain(let text)? = template.environment[name] { return EnvironmentEntry(name, text) }
      return EnvironmentEntry(name, .secret(value))
    }
    configuration.labels = request.labels.dictionary
    configuration.ports = template.ports.map(\.published)
    configuration.volumes = request.mounts.sorted { $0.key < $1.key }.map {
      VolumeMount($0.key, at: $0.value)
    }
    configuration.tmpfs = template.security.tmpfs
    configuration.resources = request.limits.resources
    configuration.hardening.user = template.security.user
    configuration.hardening.readOnlyRoot = template.security.readOnlyRoot
    configuration.hardening.addedCapabilities = template.security.addedCapabilities
    configuration.restart = .unlessStopped
    configuration.gpuCount = template.gpuCount
    configuration.keepsInputOpen = template.keepsInputOpen
    if let command = template.healthCommand {
      configuration.health = HealthCheck(
        test: ["CMD"] + command, interval: TimeSpan(seconds: 5), startPeriod: request.startPeriod)
    }
    return configuration
  }
}

extension InspectedContainer {
  init(_ state: ContainerState, labels: ContainerLabels) {
    var published: [Int: HostPort] = [:]
    for port in state.ports where port.transport == .tcp {
      published[port.containerPort] = HostPort(
        address: port.hostIP.contains(":") ? "[\(port.hostIP)]" : port.hostIP, port: port.hostPort)
    }
    var observation = ContainerObservation(
      id: state.id, name: state.name, engine: .local, labels: labels, image: state.image,
      state: ContainerObservation.State(state), limits: ContainerLimits(state.resources),
      health: ContainerObservation.Health(state), startedAt: state.startedAt, restarts: state.restartCount,
      wasKilledForMemory: state.oomKilled)
    observation.exitCode = state.isRunning ? nil : state.exitCode
    self.init(observation: observation, address: state.ipAddress, published: published)
  }
}

extension ContainerObservation.State {
  fileprivate init(_ state: ContainerState) {
    switch state.status {
    case .created: self = .created
    case .running: self = .running
    case .paused: self = .paused
    case .restarting: self = .restarting
    case .exited: self = .exited(state.exitCode)
    case .removing, .dead: self = .dead
    }
  }
}

extension ContainerObservation.Health {
  fileprivate init(_ state: ContainerState) {
    switch state.health {
    case .none, .healthy: self = .good
    case .starting: self = .starting
    case .unhealthy: self = .failing("its health command fails")
    }
  }
}

extension ContainerLabels {
  /// Stand-in labels of a container without the platform's labels.
  static func unmanaged(name: String) -> ContainerLabels {
    ContainerLabels(
      owner: "", environment: nil, resource: ResourceID(kind: "Container", name: name), replica: 0, node: nil,
      spec: "")
  }
}

extension ContainerLimits {
  fileprivate init(_ resources: ContainerResources) {
    self.init(
      memory: resources.memory > 0 ? ByteCount(bytes: resources.memory) : nil,
      cores: resources.nanoCPUs > 0 ? CoreCount(thousandths: resources.nanoCPUs / 1_000_000) : nil,
      pids: resources.pids > 0 ? resources.pids : nil)
  }

  var resources: ContainerResources {
    ContainerResources(memory: memory?.bytes ?? 0, nanoCPUs: cores?.nanoCPUs ?? 0, pids: pids ?? 0)
  }
}

extension HostAddress {
  /// Engines write IPv6 addresses without brackets.
  init?(engineText: String) { self.init(engineText.contains(":") ? "[\(engineText)]" : engineText) }

  var engineText: String { isIPv6 ? String(description.dropFirst().dropLast()) : description }
}

extension PortBinding {
  fileprivate var published: PublishedPort {
    PublishedPort(
      hostIP: hostAddress.engineText, hostPort: hostPort, containerPort: containerPort,
      transport: transport == .udp ? .udp : .tcp)
  }
}
