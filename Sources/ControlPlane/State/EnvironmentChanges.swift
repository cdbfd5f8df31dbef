import ControllerState
import Delivery
import Manifests
package import Model
import Reconciling

/// Changes of whole environments, which are records of the state only: no outside system is changed.
package struct EnvironmentChanges: Sendable {
  private let store: PostgresStateStore
  private let gates: EnvironmentBackend

  init(store: PostgresStateStore, gates: EnvironmentBackend) {
    self.store = store
    self.gates = gates
  }

  /// Gives everything of an environment to another name, and records its newest manifests under that name.
  /// Things keep their marks, so that no container is restarted. One transaction.
  package func rename(_ former: String, to name: String, by actor: String, at time: Timestamp) async throws {
    guard former != name else {
      throw OperationError.usage("the environment has the name \(name) already")
    }
    guard ResourceName.isValid(name) else {
      throw OperationError.usage("‘\(name)’ is not the name of an environment")
    }
    try await store.renameEnvironment(
      former, to: name, by: actor, at: time, with: EnvironmentBackend.renaming(former, to: name))
  }

  /// Removes an environment from the state.
  /// - Parameter abandons: Whether its resources may remain in the outside systems without an owner.
  /// - Throws: `blocked` if the resources would leave an environment that requires approvals, because
  ///   nothing of it may be abandoned without one.
  package func forget(_ name: String, abandons: Bool, by actor: String, at time: Timestamp) async throws {
    if abandons, try await gates.mayRequireApprovals(name) {
      throw OperationError.blocked(
        "\(name) requires approvals, and what it owns would leave it without one: remove it with "
          + "‘rendertrust destroy --environment \(name)’ and an approval")
    }
    try await store.forgetEnvironment(
      name, abandons: abandons, by: actor, at: time, with: EnvironmentBackend.forgetting(name))
  }
}
