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
  package let hardening: ContainerHardening
  package let tmpfs: [String: String]
  package let volumes: [VolumeMount]
  package let network: String
  package let ipAddress: String?
  /// The ports in use while it runs, otherwise the requested ones.
  package let ports: [PublishedPort]
  /// Sorted. Values may be secret and are not read.
  package let environmentNames: [String]
  package let entrypoint: [String]
  package let command: [String]
  package let restart: RestartPolicy
  package let healthCheck: HealthCheck?

  package var isRunning: Bool { status == .running }
}
