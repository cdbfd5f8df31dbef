internal import Manifests
package import Model

/// What a scheduler declares to be its own: the scheduling of its database, and its file for Kubernetes.
package struct SchedulerClaims: Sendable {
  private let stateFolder: String

  /// - Parameter stateFolder: absolute; relative folders begin there.
  package init(stateFolder: String) { self.stateFolder = stateFolder }

  package func claims(of scheduler: Resource<SchedulerSpec>, in context: ClaimContext) -> [ThingClaim] {
    var claims: [ThingClaim] = []
    if let address = context.offers.databases[scheduler.spec.database.id]?.address {
      claims.append(ThingClaim(.scheduler(in: address), field: "spec.database", role: "scheduler"))
    }
    if let file = KEDAManifest(scheduler.spec)?.file {
      claims.append(
        ThingClaim(
          .folder(path: context.absolute(file, in: stateFolder)), field: "spec.runtime.keda.folder",
          role: "file"))
    }
    return claims
  }
}
