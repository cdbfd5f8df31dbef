package import Model

/// The changes to the records of ownership that follow from claims, decided while no other claim is decided.
package struct HoldingsDecision: Sendable {
  /// The holdings to store, in place of those of the same things; sorted by key.
  package let holdings: [Holding]
  /// The mark to store for the environment; nil when it is stored already.
  package let mark: String?

  /// - Parameter ownership: The records, or at least the marks, the holdings of the former resources and the
  ///   holdings that overlap the claims.
  /// - Throws: `ownership.conflict` when a thing belongs to another environment. Within an environment the
  ///   newest desired state decides, which the caller holds the leases for.
  package init(_ request: ClaimRequest, in environment: String, _ ownership: Ownership) throws(StoreError) {
    guard ownership.mark(of: environment) == request.mark else {
      throw StoreError(
        code: "ownership.changed", "environment \(environment) was renamed meanwhile", retry: .later)
    }
    mark = ownership.marks[environment] == nil ? request.mark : nil
    var changes: [Thing: Holding] = [:]
    for move in request.moves {
      for holding in ownership.holdings.of(move.from, in: environment) {
        changes[holding.thing] = Holding(
          thing: holding.thing, role: holding.role, environment: environment, resource: move.to,
          holdsData: holding.holdsData, since: holding.since)
      }
    }
    for (id, claims) in request.claims {
      for claim in claims {
        let holders = ownership.holdings.overlapping(claim.thing)
        if let other = holders.first(where: { $0.environment != environment }) {
          throw .conflict(claim.thing, of: id, with: other)
        }
        let present = changes[claim.thing] ?? holders.first { $0.thing == claim.thing }
        let isKept = present?.resource == id
        let wanted = Holding(
          thing: claim.thing, role: claim.role, environment: environment, resource: id,
          holdsData: claim.holdsData, since: isKept ? present?.since ?? request.at : request.at)
        if wanted != holders.first(where: { $0.thing == claim.thing }) { changes[claim.thing] = wanted }
      }
    }
    holdings = changes.values.map { ($0.thing.key, $0) }.sorted { $0.0 < $1.0 }.map(\.1)
  }
}

extension StoreError {
  /// A claim of a resource on something that belongs to a resource of another environment.
  static func conflict(_ thing: Thing, of id: ResourceID, with other: Holding) -> StoreError {
    StoreError(
      code: "ownership.conflict",
      "\(id): \(thing) belongs to \(other.resource) of environment \(other.environment)",
      hint: "run ‘rendertrust plan’, which shows what to do", retry: .afterChange)
  }
}
