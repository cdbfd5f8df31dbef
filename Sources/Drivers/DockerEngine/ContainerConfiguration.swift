package import Model

/// The configuration of a container to create. The defaults are hardened; every exception is written
/// explicitly.
package struct ContainerConfiguration: Sendable, Equatable, Codable {
  /// As the engine accepts it; pinned as `repository@sha256:…` where possible.
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
  /// Mount point to options. `/tmp` is included because the root is read-only.
  package var tmpfs: [String: String] = ["/tmp": ContainerConfiguration.standardTmpfs]
  package var resources = ContainerResources()
  /// The number of the machine's GPUs that the container sees, through the NVIDIA container toolkit.
  package var gpuCount = 0
  /// Keeps standard input open although no client is attached: a program that reads it waits instead of
  /// ending.
  package var keepsInputOpen = false
  package var hardening = ContainerHardening()
  package var restart = RestartPolicy.no
  package var health: HealthCheck?
  package var network = NetworkMode.bridge
  /// Runs a small init as process 1, which reaps children and forwards signals.
  package var usesInit = true
  /// Between the stop signal and the kill.
  package var stopTimeoutSeconds = 10
  /// `json-file` keeps three files of this size.
  package var logFileBytes: Int64 = 10 << 20

  package init(image: String) { self.image = image }

  /// Owned by the standard user, because runtimes give the mount point the mode that it has in the image.
  package static let standardTmpfs = "rw,noexec,nosuid,nodev,size=64m,mode=1777,uid=65532,gid=65532"
}

/// Limits that can be changed while the container runs. Zero means no limit.
package struct ContainerResources: Sendable, Hashable, Codable {
  /// In bytes; no swap is added.
  package var memory: Int64
  /// Billionths of a core.
  package var nanoCPUs: Int64
  package var pids: Int64

  /// - Parameter pids: 256 limits a fork bomb and suffices for servers with threads.
  package init(memory: Int64 = 0, nanoCPUs: Int64 = 0, pids: Int64 = 256) {
    self.memory = memory
    self.nanoCPUs = nanoCPUs
    self.pids = pids
  }
}

/// The restrictions of a container. Inspection returns the same type, so that drift is a comparison.
package struct ContainerHardening: Sendable, Hashable, Codable {
  /// `user:group`; 65532 is the conventional id of a user without privileges.
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

/// The command by which the engine checks a container's health.
package struct HealthCheck: Sendable, Hashable, Codable {
  /// `["CMD", program, argument…]` or `["CMD-SHELL", line]`.
  package var test: [String]
  package var interval: TimeSpan
  package var timeout: TimeSpan
  package var retries: Int
  /// Failures within this time after the start do not count.
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
