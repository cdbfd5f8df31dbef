/// The declaration of a resource that a thing is its own.
package struct ThingClaim: Hashable, Sendable {
  package let thing: Thing
  /// The path of the field that declares it, such as `spec.database`; `metadata.name` where the name of the
  /// resource does.
  package let field: String
  /// The part that the thing plays for the resource, such as `database` or `volume.data`. Does not change
  /// when the thing or the resource is renamed.
  package let role: String
  /// Whether removing the resource destroys data in it.
  package let holdsData: Bool

  package init(_ thing: Thing, field: String, role: String, holdsData: Bool = false) {
    self.thing = thing
    self.field = field
    self.role = role
    self.holdsData = holdsData
  }
}

/// What the claims of a resource depend on beyond its spec.
package struct ClaimContext: Sendable {
  package let environment: String
  /// Identifies the controller; empty where manifests are checked without a state.
  package let controller: String
  /// The environment in the names and marks of things; see `ReconcileContext.environmentMark`.
  package let environmentMark: String
  package let offers: Offers
  package let holdings: Holdings
  /// The former resource of each resource that was renamed. Empty while moves are being found.
  package let formerly: [ResourceID: ResourceID]

  package init(
    environment: String, controller: String, environmentMark: String, offers: Offers,
    holdings: Holdings = Holdings(), formerly: [ResourceID: ResourceID] = [:]
  ) {
    self.environment = environment
    self.controller = controller
    self.environmentMark = environmentMark
    self.offers = offers
    self.holdings = holdings
    self.formerly = formerly
  }

  /// The name in the outside system of what a resource holds in this role. A renamed resource keeps the names
  /// of its former one. Nil when it holds nothing in the role yet.
  package func physicalName(of id: ResourceID, role: String) -> String? {
    holdings.physicalName(of: formerly[id] ?? id, role: role, in: environment)
  }
}
