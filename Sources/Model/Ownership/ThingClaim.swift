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
  /// The resources of the environment that were renamed. Empty while moves are being found.
  package let moves: Moves

  package init(
    environment: String, controller: String, environmentMark: String, offers: Offers,
    holdings: Holdings = Holdings(), moves: Moves = Moves()
  ) {
    self.environment = environment
    self.controller = controller
    self.environmentMark = environmentMark
    self.offers = offers
    self.holdings = holdings
    self.moves = moves
  }

  /// The name in the outside system of what a resource holds in this role. A renamed resource keeps the names
  /// of its former one. Nil when it holds nothing in the role yet.
  package func physicalName(of id: ResourceID, role: String) -> String? {
    holdings.physicalName(of: holder(of: id), role: role, in: environment)
  }

  /// The resource whose holdings count as those of this one: the former one of a renamed resource.
  package func holder(of id: ResourceID) -> ResourceID { moves.move(to: id)?.from ?? id }

  /// A name for a new thing of a resource: `base`, otherwise the first of `base-2`, `base-3` and so on that
  /// no other resource of the environment keeps. A renamed resource keeps the names that derive from its
  /// former name, so that a new resource of that name needs other ones.
  ///
  /// The name counts as free while its holder leaves without a new name: the two may be one resource, which
  /// has a name again that it had before (`MoveSearch`).
  /// - Parameter holdings: The holdings of a thing of that name.
  package func unusedName(
    _ base: String, for id: ResourceID, holdings: (String) -> [Holding]
  ) -> String {
    var (name, number) = (base, 1)
    while holdings(name).contains(where: { isKept($0, from: id) }) {
      number += 1
      name = "\(base)-\(number)"
    }
    return name
  }

  private func isKept(_ holding: Holding, from id: ResourceID) -> Bool {
    guard holding.environment == environment, holding.resource != id, holding.resource != holder(of: id)
    else {
      return false
    }
    guard offers.leaving.contains(holding.resource) else { return true }
    return moves.move(from: holding.resource) != nil || moves.move(to: id) != nil
  }

  /// A path of a manifest, absolute. Stays as written where manifests are checked without a state, because no
  /// folder is known there.
  /// - Parameter folder: where relative paths start.
  package func absolute(_ path: String, in folder: String) -> String {
    path.hasPrefix("/") || controller.isEmpty ? path : "\(folder)/\(path)"
  }
}
