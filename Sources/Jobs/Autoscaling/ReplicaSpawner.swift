package import Model

/// Runs replicas, each of them as long as it is asked to.
package protocol ReplicaSpawner: Sendable {
  /// Runs one replica until it ends by itself or the task is cancelled, and returns once it is gone: what
  /// became of it, for people.
  /// - Parameter name: what the replica calls itself in `scheduler_replicas`.
  func run(_ name: String) async -> String
}

/// Keeps replicas that go on by themselves, such as containers.
package protocol ReplicaKeeper: Sendable {
  /// Makes it so many, whatever there is already, and says how many there are then; may be repeated.
  /// - Parameters:
  ///   - docker: how each is made; nil: all go.
  ///   - scheduler: the name of the resource.
  func keep(_ count: Int, _ docker: DockerReplicas?, of scheduler: String) async throws(ReplicaProblem) -> Int
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
