package import Model

/// A container as it is to be created. The defaults are the hardened ones; loosening is always written out.
package struct ContainerConfiguration: Sendable, Equatable, Codable {
  /// As the engine takes it; pinned as `repository@sha256:…` wherever possible.
  package var image: String
  /// Nil keeps the image's own.
  package var entrypoint: [String]?
  /// Nil keeps the image's own.
  package var command: [String]?
  package var environment: [EnvironmentEntry] = []
  package var labels: [String: String] = [:]
  package var workingDirectory: String?
  package var ports: [PublishedPort] = []
  package var volumes: [VolumeMount] = []
  /// Mount point to options. `/tmp` is there by default because the root is read-only.
  package var tmpfs: [String: String] = ["/tmp": ContainerConfiguration.standardTmpfs]
  package var resources = ContainerResources()
  /// How many GPUs of the machine it sees, through the NVIDIA container toolkit.
  package var gpuCount = 0
  /// Keeps standard input open although nobody is attached: a program that reads it waits instead of ending.
  package var keepsInputOpen = false
  package var hardening = ContainerHardening()
  package var restart = RestartPolicy.no
  package var health: HealthCheck?
  package var network = NetworkMode.bridge
  /// A small init as process 1 that reaps children and passes signals on.
  package var usesInit = true
  /// Between the stop signal and the kill.
  package var stopTimeoutSeconds = 10
  /// `json-file` keeps three files of this size.
  package var logFileBytes: Int64 = 10 << 20

  package init(image: String) { self.image = image }

  /// Belongs to the standard user, because runtimes give the mount point the mode that it has in the image.
  package static let standardTmpfs = "rw,noexec,nosuid,nodev,size=64m,mode=1777,uid=65532,gid=65532"
}

/// Limits that can be changed while the container runs. Zero means no limit.
package struct ContainerResources: Sendable, Hashable, Codable {
  /// Bytes; swap is not given on top.
  package var memory: Int64
  /// Billionths of a core.
  package var nanoCPUs: Int64
  package var pids: Int64

  /// - Parameter pids: 256 keeps a fork bomb small and lets servers with threads run.
  package init(memory: Int64 = 0, nanoCPUs: Int64 = 0, pids: Int64 = 256) {
    self.memory = memory
    self.nanoCPUs = nanoCPUs
    self.pids = pids
  }
}

/// What a container may not do. The same type comes back from inspecting, so drift is a comparison.
package struct ContainerHardening: Sendable, Hashable, Codable {
  /// `user:group`; 65532 is the customary number of a user without rights.
  package var user = "65532:65532"
  package var readOnlyRoot = true
  package var noNewPrivileges = true
  package var droppedCapabilities = ["ALL"]
  package var addedCapabilities: [String] = []
  package var seccomp = SeccompProfile.standard
  package var privileged = false

  package init() {}
}

package enum SeccompProfile: Sendable, Hashable, Codable {
  /// The engine's own default profile.
  case standard
  case unconfined
  /// The profile's JSON text.
  case custom(String)
}

package struct PublishedPort: Sendable, Hashable, Codable {
  package enum Transport: String, Sendable, Codable { case tcp, udp }

  package var hostIP: String
  /// 0 lets the engine choose; the choice is in `ContainerState.ports`.
  package var hostPort: Int
  package var containerPort: Int
  package var transport: Transport

  package init(hostIP: String = "127.0.0.1", hostPort: Int, containerPort: Int, transport: Transport = .tcp) {
    self.hostIP = hostIP
    self.hostPort = hostPort
    self.containerPort = containerPort
    self.transport = transport
  }
}

/// A named volume or, where `source` is an absolute path, a folder of the engine's machine.
package struct VolumeMount: Sendable, Hashable, Codable {
  package var source: String
  package var path: String
  package var readOnly: Bool

  package init(_ source: String, at path: String, readOnly: Bool = false) {
    self.source = source
    self.path = path
    self.readOnly = readOnly
  }
}

package enum RestartPolicy: Sendable, Hashable, Codable {
  case no
  case onFailure(maximum: Int)
  case always
  case unlessStopped
}

package enum NetworkMode: Sendable, Hashable, Codable {
  case bridge
  case none
  case host
  case named(String)

  package var name: String {
    switch self {
    case .bridge: "bridge"
    case .none: "none"
    case .host: "host"
    case .named(let name): name
    }
  }
}

/// How the engine finds out whether the container works.
package struct HealthCheck: Sendable, Hashable, Codable {
  /// `["CMD", program, argument…]` or `["CMD-SHELL", line]`.
  package var test: [String]
  package var interval: TimeSpan
  package var timeout: TimeSpan
  package var retries: Int
  /// Failures in this time after the start do not count.
  package var startPeriod: TimeSpan

  package init(
    test: [String], interval: TimeSpan = TimeSpan(seconds: 10), timeout: TimeSpan = TimeSpan(seconds: 5),
    retries: Int = 3, startPeriod: TimeSpan = TimeSpan(milliseconds: 0)
  ) {
    self.test = test
    self.interval = interval
    self.timeout = timeout
    self.retries = retries
    self.startPeriod = startPeriod
  }
}
