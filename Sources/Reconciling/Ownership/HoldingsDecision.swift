package import Model

/// The changes to the records of ownership that follow from claims, decided while no other claim is decided.
package struct HoldingsDecision: Sendable {
  /// The holdings to store, in place of those of the same things; sorted by key.
  package let holdings: [Holding]
  /// The mark to store for the environment; nil when it is stored already.
  package let mark: String?

  /// - Parameter ownership: The records, or at least the marks, the holdings of the former resources and the
  ///   holdings that overlap the claims.
  /// - Throws: `ownership.conflict` when a thing belongs to another environment; `ownership.changed` when one
  ///   belongs to another resource than the plan found, or when two resources of the request claim it.
  package init(_ request: ClaimRequest, in environment: String, _ ownership: Ownership) throws(StoreError) {
    guard ownership.mark(of: environment) == request.mark else {
      throw StoreError(
        code: "ownership.changed", "environment \(environment) was renamed meanwhile", retry: .later)
    }
    mark = ownership.marks[environment] == nil ? request.mark : nil
    var formerNames: [ResourceID: ResourceID] = [:]
    var changes: [Thing: Holding] = [:]
    for move in request.moves {
      formerNames[move.to] = move.from
      for holding in ownership.holdings.of(move.from, in: environment) {
        changes[holding.thing] = Holding(
          thing: holding.thing, role: holding.role, environment: environment, resource: move.to,
          holdsData: holding.holdsData, since: holding.since)
      }
    }
    var claimed = OverlapIndex<ResourceID>()
    for (id, claims) in request.claims.sorted(by: { $0.key < $1.key }) {
      for claim in claims {
        let holders = ownership.holdings.overlapping(claim.thing)
        if let other = holders.first(where: { $0.environment != environment }) {
          throw .conflict(claim.thing, of: id, with: other)
        }
        let winner =
          claimed.overlapping(claim.thing).first { $0 != id }
          ?? holders.first {
            $0.resource != id && $0.resource != formerNames[id]
              && $0.resource != request.formerHolders[$0.thing]
          }?.resource
        if let winner { throw .taken(claim.thing, by: winner, from: id) }
        claimed.add(id, for: claim.thing)
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
  /// A claim on something that another resource of the environment got after the plan was made.
  fileprivate static func taken(_ thing: Thing, by winner: ResourceID, from id: ResourceID) -> StoreError {
    StoreError(
      code: "ownership.changed", "\(id): \(thing) belongs to \(winner) since the plan was made",
      retry: .later)
  }

  /// A claim of a resource on something that belongs to a resource of another environment.
  static func conflict(_ thing: Thing, of id: ResourceID, with other: Holding) -> StoreError {
    StoreError(
      code: "ownership.conflict",
      "\(id): \(thing) belongs to \(other.resource) of environment \(other.environment)",
      hint: "run ‘rendertrust plan’, which shows what to do", retry: .afterChange)
  }
}
