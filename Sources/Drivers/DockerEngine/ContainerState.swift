package import Model

/// The state of a container as inspection shows it; a planner compares it with a `ContainerConfiguration`.
package struct ContainerState: Sendable, Hashable {
  package let id: String
  /// Without the engine's leading slash.
  package let name: String
  /// As written when the container was created.
  package let image: String
  package let imageID: String
  package let status: ContainerStatus
  /// Of the last run; 0 before the first one.
  package let exitCode: Int
  /// Whether the kernel killed the last run because of missing memory.
  package let oomKilled: Bool
  package let restartCount: Int
  /// Why the engine could not start it; empty when it could.
  package let startError: String
  /// Nil when it never ran.
  package let startedAt: Timestamp?
  /// Nil when it never ended.
  package let finishedAt: Timestamp?
  package let health: ContainerHealth
  package let labels: [String: String]
  package let resources: ContainerResources
  /// Swap in addition to memory, in bytes; -1: unlimited, or the engine cannot limit it.
  package let swap: Int64
  package let hardening: ContainerHardening
  package let tmpfs: [String: String]
  package let volumes: [VolumeMount]
  /// All mounts that the engine made, sorted by path; folders in memory are in `tmpfs`.
  package let mounts: [ContainerMount]
  /// The network in which it was created.
  package let network: String
  /// The networks that it is connected to now, sorted by name.
  package let networks: [String]
  package let ipAddress: String?
  /// The ports in use while it runs, otherwise the requested ones.
  package let ports: [PublishedPort]
  /// Digests of the values of all variables, those of the image included, by name.
  package let environment: [String: Digest]
  package let entrypoint: [String]
  package let command: [String]
  package let workingDirectory: String
  package let restart: RestartPolicy
  package let healthCheck: HealthCheck?
  package let keepsInputOpen: Bool
  package let usesInit: Bool
  /// The number of the machine's GPUs that it sees; -1: all of them.
  package let gpuCount: Int
  /// Settings that widen its reach or limit it and that no container of the platform has, by the engine's
  /// name; empty where there are none.
  package let deviations: [String: String]

  package var environmentNames: [String] { environment.keys.sorted() }

  package var isRunning: Bool { status == .running }
}
