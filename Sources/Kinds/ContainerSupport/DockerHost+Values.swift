internal import DockerEngine
internal import Model

// Between the driver's values and those of the rooms.
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

  /// Nil for a container that was not made here.
  static func facts(of state: ContainerState) -> ContainerFacts? {
    ContainerLabels(state.labels).map { facts(of: state, $0) }
  }

  static func facts(of state: ContainerState, _ labels: ContainerLabels) -> ContainerFacts {
    var published: [Int: ContainerFacts.HostPort] = [:]
    for port in state.ports where port.transport == .tcp {
      published[port.containerPort] = ContainerFacts.HostPort(address: port.hostIP, port: port.hostPort)
    }
    let observation = ContainerObservation(
      id: state.id, name: state.name, engine: .local, labels: labels, image: state.image,
      state: DockerHost.state(of: state), limits: ContainerLimits(state.resources),
      health: DockerHost.health(of: state), startedAt: state.startedAt, restarts: state.restartCount,
      wasKilledForMemory: state.oomKilled)
    return ContainerFacts(observation: observation, address: state.ipAddress, published: published)
  }

  private static func state(of state: ContainerState) -> ContainerObservation.State {
    switch state.status {
    case .created: .created
    case .running: .running
    case .paused: .paused
    case .restarting: .restarting
    case .exited: .exited(state.exitCode)
    case .removing, .dead: .dead
    }
  }

  private static func health(of state: ContainerState) -> ContainerObservation.Health {
    switch state.health {
    case .none, .healthy: .good
    case .starting: .starting
    case .unhealthy: .failing("its health command fails")
    }
  }

  /// Runtimes give a mount point the mode that it has in the image, so it must belong to the user. Users by name are
  /// known to the image alone.
  private static func tmpfsOwner(_ user: String) -> String {
    let numbers = user.split(separator: ":").compactMap { UInt32($0) }
    guard let uid = numbers.first, numbers.count == user.split(separator: ":").count else { return "" }
    return ",uid=\(uid),gid=\(numbers.count == 2 ? numbers[1] : uid)"
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
    configuration.tmpfs = template.security.writable.mapValues {
      "rw,noexec,nosuid,nodev,mode=1777,size=\($0.bytes)\(tmpfsOwner(template.security.user))"
    }
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

extension PortBinding {
  fileprivate var published: PublishedPort {
    PublishedPort(
      hostIP: hostAddress, hostPort: hostPort, containerPort: containerPort,
      transport: transport == .udp ? .udp : .tcp)
  }
}
