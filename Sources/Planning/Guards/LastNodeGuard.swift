package import Model

/// Holds a node that would leave, be cordoned or change while it is the last that could run a module which stays.
package enum LastNodeGuard {
  /// How a node loses what it offered; nil where it was no place for new work, or offers the same.
  package static func loss(before: ComputeOffer, after: ComputeOffer?) -> CapacityLoss? {
    guard before.isSchedulable else { return nil }
    guard let after else { return .leaves }
    guard before != after else { return nil }
    return after.isSchedulable ? .changes : .cordoned
  }

  /// Those that have no node left.
  /// - Parameter offers: what will be there.
  package static func stranded(
    _ needs: [(id: ResourceID, needs: ComputeNeeds)], on offers: [(id: ResourceID, offer: ComputeOffer)]
  ) -> [(id: ResourceID, needs: ComputeNeeds)] {
    needs.filter { need in !offers.contains { need.needs.isMet(by: $0.offer, of: $0.id) } }
  }
}
