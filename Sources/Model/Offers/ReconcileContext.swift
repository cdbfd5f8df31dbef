/// What planners and backends may know beyond their own resource. Created once per pass, the same for all
/// kinds.
package struct ReconcileContext: Sendable {
  package let environment: String
  /// Identifies what this controller owns in the outside systems. Stable for the life of its state folder.
  package let owner: String
  package let now: Timestamp
  /// Whether nodes may declare a GPU that does not exist (seeds: dev sandbox).
  package let allowsMockGPUs: Bool
  /// What the desired resources offer to each other, from their specs alone.
  package let offers: Offers
  /// The environment in the names and marks of things. Equals `environment` until that is renamed: things
  /// keep their marks then. Never equal for two environments of one controller.
  package let environmentMark: String
  /// What the resources of all environments hold.
  package let holdings: Holdings
  /// The resources of this environment that were renamed.
  package let moves: Moves
  /// The data that resources of this environment held when they were last observed in order.
  package let identities: [ResourceID: DataIdentity]

  /// - Parameter environmentMark: Nil for the environment's name.
  package init(
    environment: String, owner: String, now: Timestamp, allowsMockGPUs: Bool, offers: Offers,
    environmentMark: String? = nil, holdings: Holdings = Holdings(), moves: Moves = Moves(),
    identities: [ResourceID: DataIdentity] = [:]
  ) {
    self.environment = environment
    self.owner = owner
    self.now = now
    self.allowsMockGPUs = allowsMockGPUs
    self.offers = offers
    self.environmentMark = environmentMark ?? environment
    self.holdings = holdings
    self.moves = moves
    self.identities = identities
  }

  /// The data that a resource is to hold: that of its former name after a rename. Nil where none is recorded.
  package func recordedIdentity(of id: ResourceID) -> DataIdentity? {
    moves.move(to: id).flatMap { identities[$0.from] } ?? identities[id]
  }

  /// The owner that the marks of a resource's things name.
  package func mark(of id: ResourceID) -> Owner {
    Owner(controller: owner, environment: environmentMark, resource: id)
  }

  /// Whether two ids stand for one database: they are equal, the first is the new name of the second, or both
  /// have one address.
  package func isSameDatabase(_ database: ResourceID, as former: ResourceID) -> Bool {
    if database == former || moves.move(to: database)?.from == former { return true }
    guard let address = offers.databases[database]?.address else { return false }
    return offers.databases[former]?.address == address
  }

  /// The id whose offer is the present address of the database that a resource was applied in: its former id
  /// while a renamed database leaves, its new one where two databases are exchanged.
  /// - Parameters:
  ///   - desired: The database that the manifest names; nil for a resource that leaves.
  ///   - applied: The database that the manifest named when the resource was last applied; nil where it was
  ///     not.
  package func presentDatabase(_ desired: ResourceID?, applied: ResourceID?) -> ResourceID? {
    guard let applied, let desired else { return applied ?? desired }
    let isExchanged = moves.move(to: desired)?.from == applied && !offers.leaving.contains(applied)
    return isExchanged ? desired : applied
  }

  /// What the claims of resources are computed from, with the moves of this context.
  package var claims: ClaimContext {
    ClaimContext(
      environment: environment, controller: owner, environmentMark: environmentMark, offers: offers,
      holdings: holdings, moves: moves)
  }
}
