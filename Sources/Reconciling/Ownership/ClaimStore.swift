package import Model

/// The records of what belongs to which resource. A thing has one holder over all environments.
package protocol ClaimStore: Sendable {
  /// The owners of everything that any environment holds, and the data that resources held.
  func ownership() async throws(StoreError) -> Ownership

  /// Adds resources to the inventory and records their claims before their first step, so that the next
  /// controller finds what a killed one created.
  /// - Throws: `ownership.conflict` when something belongs to another environment, `ownership.changed` when
  ///   another resource of the environment got it since the plan was made. Nothing is recorded then.
  func claim(_ request: ClaimRequest, in environment: String, revision: Int64) async throws(StoreError)
}

/// The resources that a pass is going to apply, and what belongs to them.
package struct ClaimRequest: Sendable {
  /// The resources to add to the inventory.
  package var resources: [AnyResource]
  /// The claims of these resources, and of others that are recorded without being added.
  package var claims: [ResourceID: [ThingClaim]]
  /// The resources of the environment that held claimed things when the plan was made, which found that they
  /// release them.
  package var formerHolders: [Thing: ResourceID]
  /// The renamed resources: the new one gets everything that the former one holds, and its recorded data.
  package var moves: [Move]
  /// The environment in the names and marks of what the pass creates.
  package var mark: String
  package var at: Timestamp

  package init(
    _ resources: [AnyResource], claims: [ResourceID: [ThingClaim]] = [:],
    formerHolders: [Thing: ResourceID] = [:], moves: [Move] = [], mark: String, at time: Timestamp
  ) {
    self.resources = resources
    self.claims = claims
    self.formerHolders = formerHolders
    self.moves = moves
    self.mark = mark
    at = time
  }

  package var isEmpty: Bool { resources.isEmpty && claims.isEmpty && moves.isEmpty }

  /// The resources that get something. A former resource is not among them: another replica may be the one
  /// that removes it.
  package var ids: Set<ResourceID> {
    Set(resources.lazy.map(\.id)).union(claims.keys).union(moves.map(\.to))
  }
}
