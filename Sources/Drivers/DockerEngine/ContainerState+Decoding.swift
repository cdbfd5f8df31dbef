import Model

extension ContainerState: Decodable {
  package init(from decoder: any Decoder) throws {
    let answer = try InspectAnswer(from: decoder)
    let unusual = try InspectDeviations(from: decoder)
    let (state, config, host) = (answer.State, answer.Config, answer.HostConfig)
    id = answer.Id
    name = answer.Name.hasPrefix("/") ? String(answer.Name.dropFirst()) : answer.Name
    image = config.Image
    imageID = answer.Image
    status = state.Status
    exitCode = state.ExitCode
    oomKilled = state.OOMKilled
    restartCount = answer.RestartCount
    startError = state.Error
    startedAt = ContainerState.moment(state.StartedAt)
    finishedAt = ContainerState.moment(state.FinishedAt)
    health = (state.Health?.Status).flatMap(ContainerHealth.init(rawValue:)) ?? .none
    labels = config.Labels ?? [:]
    resources = ContainerResources(
      memory: host.Memory, nanoCPUs: host.NanoCpus, pids: max(0, host.PidsLimit ?? 0))
    swap = host.MemorySwap.map { $0 < 0 ? -1 : max(0, $0 - host.Memory) } ?? 0
    hardening = host.hardening(user: config.User)
    tmpfs = host.Tmpfs ?? [:]
    volumes = (host.Mounts ?? []).map {
      VolumeMount($0.Source ?? "", at: $0.Target, readOnly: $0.ReadOnly ?? false)
    }.sorted { $0.path < $1.path }
    mounts = (answer.Mounts ?? []).filter { $0.type != "tmpfs" }.map(\.mount).sorted { $0.path < $1.path }
    network = host.NetworkMode
    networks = (answer.NetworkSettings.Networks ?? [:]).keys.sorted()
    let addresses = (answer.NetworkSettings.Networks ?? [:]).sorted { $0.key < $1.key }.map(\.value.IPAddress)
    ipAddress = addresses.first { !$0.isEmpty }
    let bindings = state.Running ? answer.NetworkSettings.Ports : host.PortBindings
    ports = ContainerState.ports(bindings ?? [:])
    environment = EnvironmentDigests.of(config.Env ?? [])
    entrypoint = config.Entrypoint ?? []
    command = config.Cmd ?? []
    restart = host.RestartPolicy.policy
    healthCheck = config.Healthcheck?.check
    workingDirectory = config.WorkingDir ?? ""
    keepsInputOpen = config.OpenStdin ?? false
    usesInit = host.Init ?? false
    gpuCount = (host.DeviceRequests ?? []).map { $0.Count ?? 0 }.reduce(0) { $0 < 0 || $1 < 0 ? -1 : $0 + $1 }
    deviations = unusual.HostConfig.values
  }

  /// The engine writes the year 1 for never.
  private static func moment(_ text: String) -> Timestamp? {
    text.hasPrefix("0001-") ? nil : Timestamp(text)
  }

  private static func ports(_ bindings: [String: [InspectAnswer.Binding]?]) -> [PublishedPort] {
    var ports: [PublishedPort] = []
    for (key, values) in bindings {
      let parts = key.split(separator: "/")
      guard parts.count == 2, let containerPort = Int(parts[0]),
        let transport = PublishedPort.Transport(rawValue: String(parts[1]))
      else { continue }
      for binding in values ?? [] {
        ports.append(
          PublishedPort(
            hostIP: binding.HostIp, hostPort: Int(binding.HostPort) ?? 0, containerPort: containerPort,
            transport: transport))
      }
    }
    return ports.sorted {
      ($0.containerPort, $0.hostPort, $0.hostIP) < ($1.containerPort, $1.hostPort, $1.hostIP)
    }
  }
}

// swift-format-ignore: AlwaysUseLowerCamelCase
private struct InspectDeviations: Decodable { let HostConfig: HostDeviations }

/// The parts of the engine's response that are read, under the engine's names.
// swift-format-ignore: AlwaysUseLowerCamelCase
private struct InspectAnswer: Decodable {
  let Id: String
  let Name: String
  let Image: String
  let RestartCount: Int
  let State: State
  let Config: Config
  let HostConfig: HostConfig
  let NetworkSettings: NetworkSettings
  let Mounts: [MountPoint]?

  struct MountPoint: Decodable {
    let type: String
    let mount: ContainerMount

    private enum Keys: String, CodingKey {
      case type = "Type"
      case name = "Name"
      case source = "Source"
      case path = "Destination"
      case isWritable = "RW"
    }

    init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: Keys.self)
      type = try values.decodeIfPresent(String.self, forKey: .type) ?? "bind"
      let source = try values.decodeIfPresent(String.self, forKey: .source) ?? ""
      mount = ContainerMount(
        source: try values.decodeIfPresent(String.self, forKey: .name) ?? source,
        path: try values.decode(String.self, forKey: .path),
        isReadOnly: try values.decodeIfPresent(Bool.self, forKey: .isWritable) == false,
        isVolume: type == "volume")
    }
  }

  struct State: Decodable {
    struct Health: Decodable { let Status: String }
    let Status: ContainerStatus
    let Running: Bool
    let OOMKilled: Bool
    let ExitCode: Int
    let Error: String
    let StartedAt: String
    let FinishedAt: String
    let Health: Health?
  }

  struct Config: Decodable {
    let Image: String
    let User: String
    let Env: [String]?
    let WorkingDir: String?
    let OpenStdin: Bool?
    let Labels: [String: String]?
    let Entrypoint: [String]?
    let Cmd: [String]?
    let Healthcheck: Healthcheck?
  }

  struct Healthcheck: Decodable {
    let Test: [String]?
    let Interval: Int64?
    let Timeout: Int64?
    let Retries: Int?
    let StartPeriod: Int64?

    /// Nil where the health check is disabled.
    var check: HealthCheck? {
      guard let Test, !Test.isEmpty, Test != ["NONE"] else { return nil }
      func span(_ nanoseconds: Int64?) -> TimeSpan { TimeSpan(milliseconds: (nanoseconds ?? 0) / 1_000_000) }
      return HealthCheck(
        test: Test, interval: span(Interval), timeout: span(Timeout), retries: Retries ?? 0,
        startPeriod: span(StartPeriod))
    }
  }

  struct Binding: Decodable {
    let HostIp: String
    let HostPort: String
  }

  struct Mount: Decodable {
    let Source: String?
    let Target: String
    let ReadOnly: Bool?
  }

  struct Restart: Decodable {
    let Name: String
    let MaximumRetryCount: Int

    var policy: RestartPolicy {
      switch Name {
      case "always": .always
      case "unless-stopped": .unlessStopped
      case "on-failure": .onFailure(maximum: MaximumRetryCount)
      default: .no
      }
    }
  }

  struct DeviceRequest: Decodable { let Count: Int? }

  struct HostConfig: Decodable {
    let NetworkMode: String
    let PortBindings: [String: [Binding]?]?
    let RestartPolicy: Restart
    let CapAdd: [String]?
    let CapDrop: [String]?
    let SecurityOpt: [String]?
    let Privileged: Bool
    let ReadonlyRootfs: Bool
    let Tmpfs: [String: String]?
    let Memory: Int64
    let MemorySwap: Int64?
    let NanoCpus: Int64
    let PidsLimit: Int64?
    let Mounts: [Mount]?
    let Init: Bool?
    let DeviceRequests: [DeviceRequest]?

    func hardening(user: String) -> ContainerHardening {
      var hardening = ContainerHardening()
      hardening.user = user
      hardening.readOnlyRoot = ReadonlyRootfs
      hardening.privileged = Privileged
      hardening.droppedCapabilities = CapDrop ?? []
      hardening.addedCapabilities = CapAdd ?? []
      let options = SecurityOpt ?? []
      hardening.noNewPrivileges = options.contains {
        $0.hasPrefix("no-new-privileges") && !$0.hasSuffix("false")
      }
      if let option = options.first(where: { $0.hasPrefix("seccomp=") }) {
        let profile = String(option.dropFirst(8))
        hardening.seccomp = profile == "unconfined" ? .unconfined : .custom(profile)
      }
      return hardening
    }
  }

  struct NetworkSettings: Decodable {
    struct Network: Decodable { let IPAddress: String }
    let Networks: [String: Network]?
    let Ports: [String: [Binding]?]?
  }
}
