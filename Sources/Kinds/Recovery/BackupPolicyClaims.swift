internal import Manifests
package import Model
internal import Postgres

/// What a policy declares to be its own: the archive of its server, its repository and its stanza there.
package struct BackupPolicyClaims: Sendable {
  private let stateFolder: String

  /// - Parameter stateFolder: absolute; relative repositories start there.
  package init(stateFolder: String) { self.stateFolder = stateFolder }

  package func claims(of policy: Resource<BackupPolicySpec>, in context: ClaimContext) -> [ThingClaim] {
    guard case .folder(let folder) = policy.spec.repository else { return [] }
    let parent = PostgresServer.dataParent(ofState: stateFolder) ?? stateFolder
    let path = context.absolute(folder, in: parent)
    var claims = [
      ThingClaim(.folder(path: path), field: "spec.repository.folder", role: "repository"),
      ThingClaim(
        .stanza(BackupPolicyClaims.stanza(of: policy.id, context), repository: path),
        field: "metadata.name", role: BackupPolicyClaims.stanzaRole),
    ]
    if let server = context.offers.databases[policy.spec.of.id]?.address.server {
      claims.append(ThingClaim(.archive(of: server), field: "spec.of", role: "archive"))
    }
    return claims
  }

  private static let stanzaRole = "stanza"

  /// The name of the policy's stanza: that under which it was created, otherwise the policy's name.
  static func stanza(of id: ResourceID, _ context: ClaimContext) -> String {
    context.physicalName(of: id, role: stanzaRole) ?? id.name
  }
}
