package import Model

/// Runs replicas as child processes.
package protocol ReplicaSpawner: Sendable {
  /// Runs one replica until it exits or the task is cancelled. Returns how it ended, for the log, once it has
  /// exited.
  /// - Parameter name: the name of the replica in `scheduler_replicas`.
  func run(_ name: String) async -> String
}

/// Runs replicas that outlive this process, such as containers.
package protocol ReplicaScaler: Sendable {
  /// Creates and removes replicas until there are `count`. May be repeated. Returns the number of replicas.
  /// - Parameters:
  ///   - docker: how the replicas are created; nil removes all.
  ///   - scheduler: the name of the resource.
  func scale(
    to count: Int, _ docker: DockerReplicas?, of scheduler: String
  ) async throws(ReplicaProblem) -> Int
}

/// Replicas could not be created or removed.
package enum ReplicaProblemCode: String, ProblemCode {
  case failed

  package static let domain = "replicas"
  package var retry: Retry { .later }
}

package typealias ReplicaProblem = Problem<ReplicaProblemCode>

extension ReplicaProblem {
  package init(_ message: String) { self.init(.failed, message) }
}
