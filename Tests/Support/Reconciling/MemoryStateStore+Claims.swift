package import Model
package import Reconciling

extension MemoryStateStore {
  package func ownership() async throws(StoreError) -> Ownership {
    try withOwnership(.read, "") { _, ownership in ownership }
  }

  package func claim(_ request: ClaimRequest, in environment: String, revision: Int64)
    async throws(StoreError)
  {
    let fence = Fence(ids: request.ids, revision: revision)
    let result = try withOwnership(.claim, environment, fence: fence) {
      state, ownership -> Result<Void, StoreError> in
      do throws(StoreError) {
        ownership.apply(try HoldingsDecision(request, in: environment, ownership), in: environment)
      } catch {
        return .failure(error)
      }
      for resource in request.resources {
        state.inventory[resource.id] = InventoryEntry(
          id: resource.id, digest: state.inventory[resource.id]?.digest, resource: resource)
      }
      ownership.identities[environment] = ownership.identities[environment]?.moved(request.moves)
      return .success(())
    }
    try result.get()
  }

  package func disclaim(_ ids: [ResourceID], in environment: String, revision: Int64, at time: Timestamp)
    async throws(StoreError)
  {
    try withOwnership(.claim, environment, fence: Fence(ids: ids, revision: revision)) { state, ownership in
      for id in ids {
        guard let entry = state.inventory[id] else { continue }
        state.inventory[id] = InventoryEntry(id: id, digest: nil, resource: entry.resource)
      }
      ownership.holdings = Holdings(
        ownership.holdings.all.map { holding in
          guard holding.environment == environment, ids.contains(holding.resource) else { return holding }
          return Holding(
            thing: holding.thing, role: holding.role, environment: environment, resource: holding.resource,
            holdsData: holding.holdsData, leavingSince: holding.leavingSince ?? time, since: holding.since)
        })
    }
  }
}

extension Ownership {
  fileprivate mutating func apply(_ decision: HoldingsDecision, in environment: String) {
    if let mark = decision.mark { marks[environment] = mark }
    let changed = Set(decision.holdings.map(\.thing))
    holdings = Holdings(holdings.all.filter { !changed.contains($0.thing) } + decision.holdings)
  }

  mutating func settle(_ changes: StatusChanges, in environment: String) {
    let (applied, removed) = (Set(changes.applied.map(\.id)), Set(changes.removed))
    guard !applied.isEmpty || !removed.isEmpty else { return }
    let kept = Set(applied.flatMap { changes.claims[$0] ?? [] }.map(\.thing))
    holdings = Holdings(
      holdings.all.filter { holding in
        guard holding.environment == environment else { return true }
        if removed.contains(holding.resource) { return false }
        guard applied.contains(holding.resource) else { return true }
        if case .unmarked = holding.thing { return true }
        return kept.contains(holding.thing)
      })
  }
}
