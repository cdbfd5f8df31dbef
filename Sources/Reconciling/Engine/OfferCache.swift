internal import Model
internal import Synchronization

/// What resources offer to each other, from their specs alone, kept for as long as the desired state is the same: a
/// pass over one resource among thousands must not ask each of them.
final class OfferCache: Sendable {
  private struct Key: Hashable {
    let desired: Digest
    let leaving: [Digest]
    let leavingIDs: [ResourceID]
  }

  private let compute: @Sendable ([AnyResource]) -> Offers
  private let last = Mutex<(key: Key, offers: Offers)?>(nil)

  init(_ compute: @escaping @Sendable ([AnyResource]) -> Offers) { self.compute = compute }

  /// - Parameter leaving: sorted by id; what a desired resource offers goes before what a leaving one did.
  func offers(of desired: DesiredState, leaving: [AnyResource]) -> Offers {
    let key = Key(
      desired: desired.digest, leaving: leaving.map(\.digest), leavingIDs: leaving.map(\.id))
    if let last = last.withLock({ $0 }), last.key == key { return last.offers }
    var offers = compute(leaving + desired.resources)
    offers.leaving = Set(leaving.lazy.map(\.id))
    last.withLock { $0 = (key, offers) }
    return offers
  }
}
