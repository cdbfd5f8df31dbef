internal import Manifests
package import Model

/// What a ledger declares to be its own: the ledger of its database, and the destination of its export.
package struct LedgerClaims: Sendable {
  private let stateFolder: String

  /// - Parameter stateFolder: absolute; relative destinations start there.
  package init(stateFolder: String) { self.stateFolder = stateFolder }

  package func claims(of ledger: Resource<LedgerSpec>, in context: ClaimContext) -> [ThingClaim] {
    var claims: [ThingClaim] = []
    if let address = context.offers.databases[ledger.spec.database.id]?.address {
      claims.append(ThingClaim(.ledger(in: address), field: "spec.database", role: "ledger"))
    }
    if let export = ledger.spec.export { claims.append(destination(export.to, context)) }
    return claims
  }

  private func destination(_ destination: ExportDestination, _ context: ClaimContext) -> ThingClaim {
    switch destination {
    case .folder(let path):
      return ThingClaim(
        .folder(path: context.absolute(path, in: stateFolder)), field: "spec.export.to.folder",
        role: "export")
    case .bucket(let bucket):
      return ThingClaim(
        .bucketPrefix(endpoint: bucket.endpoint, bucket: bucket.name, prefix: bucket.prefix),
        field: "spec.export.to.bucket", role: "export")
    }
  }
}
