package import Model

/// A container as inspecting shows it: what a planner compares with a `ContainerConfiguration`.
package struct ContainerState: Sendable, Hashable {
  package let id: String
  /// Without the engine's leading slash.
  package let name: String
  /// As given when it was created.
  package let image: String
  package let imageID: String
  package let status: ContainerStatus
  /// Of the last run; 0 while it never ran.
  package let exitCode: Int
  /// Whether the last run ended for want of memory.
  package let oomKilled: Bool
  package let restartCount: Int
  /// Why the engine could not start it; empty if it could.
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
  /// While it runs the ports in use, else those asked for.
  package let ports: [PublishedPort]
  /// Sorted. Values may be secret and are not read.
  package let environmentNames: [String]
  package let entrypoint: [String]
  package let command: [String]
  package let restart: RestartPolicy
  package let healthCheck: HealthCheck?

  package var isRunning: Bool { status == .running }
}
