package import Model
import Reconciling

/// The manifests that a server keeps an environment to.
package struct FollowedFolder: Sendable {
  package let environment: String
  package let paths: [String]

  /// What is applied beside the folder lasts until the folder's next change, or the server's next start. Whoever wants
  /// that says so; the newest revision may always be applied again.
  package func refuse(_ desired: DesiredState, isOverridden: Bool, in session: Session) async throws {
    guard desired.environment == environment, !isOverridden,
      try await session.store.latestRevision(of: environment)?.manifestDigest != desired.digest
    else { return }
    throw OperationError.blocked(
      "this server keeps \(environment) as \(paths.joined(separator: " ")) says, and these manifests differ: change "
        + "them there; or give --override-folder to apply these until the next change there")
  }
}
