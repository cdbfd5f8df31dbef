package import ContainerSupport
package import Model

/// The number and the runtime of scheduler replicas. `SchedulerKind` reads them from `schedulers.settings`.
package struct ReplicaSettings: Hashable, Sendable {
  package var rule: ReplicaRule
  package var runtime: ReplicaRuntime

  package init(rule: ReplicaRule, runtime: ReplicaRuntime = .process) {
    self.rule = rule
    self.runtime = runtime
  }
}

package enum ReplicaRuntime: Hashable, Sendable {
  /// Child processes of the server.
  case process
  /// Containers of the controller's own engine.
  case docker(DockerReplicas)
  /// Pods that KEDA scales; this process starts none.
  case kubernetes
}

/// How the container of a replica is created.
package struct DockerReplicas: Hashable, Sendable {
  /// The image with this program.
  package var image: PinnedImage
  /// The URL of the database, as containers reach it.
  package var connection: SecretReference
  package var limits: ContainerLimits

  package init(image: PinnedImage, connection: SecretReference, limits: ContainerLimits) {
    self.image = image
    self.connection = connection
    self.limits = limits
  }
}

/// The environment variables that a replica starts with.
package enum ReplicaEnvironment {
  /// The URL of the database.
  package static let database = "RENDERTRUST_DATABASE_URL"
  /// The replica's name in `scheduler_replicas`.
  package static let name = "RENDERTRUST_REPLICA"
}
