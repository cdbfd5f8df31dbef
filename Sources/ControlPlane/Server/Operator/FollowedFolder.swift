package import Model
package import Reconciling

/// The manifest folder that a server follows.
package struct FollowedFolder: Sendable {
  package let environment: String
  package let paths: [String]

  /// Refuses manifests that differ from the newest revision of the folder's environment, unless the caller
  /// overrides it. They would last only until the next change of the folder or the next start of the server.
  package func refuse(_ desired: DesiredState, isOverridden: Bool, in store: any StateStore) async throws {
    guard desired.environment == environment, !isOverridden else { return }
    let newest = try await store.latestRevision(of: environment)
    // The folder's manifests may wait to follow an interim revision.
    guard newest?.manifestDigest != desired.digest, newest?.interimFor != desired.digest else { return }
    throw OperationError.blocked(
      "this server follows \(paths.joined(separator: " ")) for \(environment), and these manifests differ: "
        + "change the folder, or pass --override-folder to apply these until its next change")
  }
}
