package import Model

/// Blocks removing, cordoning or changing a node while it is the last one that can run a module.
package enum LastNodeGuard {
  /// How a node loses its capacity; nil when it accepted no new work before, or offers the same as before.
  package static func loss(before: ComputeOffer, after: ComputeOffer?) -> CapacityLoss? {
    guard before.isSchedulable else { return nil }
    guard let after else { return .leaves }
    guard before != after else { return nil }
    return after.isSchedulable ? .changes : .cordoned
  }

  /// The modules that no node can run.
  /// - Parameter offers: The offers after the plan.
  package static func stranded(
    _ needs: [(id: ResourceID, needs: ComputeNeeds)], on offers: [(id: ResourceID, offer: ComputeOffer)]
  ) -> [(id: ResourceID, needs: ComputeNeeds)] {
    needs.filter { need in !offers.contains { need.needs.isMet(by: $0.offer, of: $0.id) } }
  }
}
