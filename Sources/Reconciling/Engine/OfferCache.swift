internal import Model
internal import Synchronization

/// Caches the offers of a desired state. A pass over one resource among thousands must not compute the offers
/// of each.
final class OfferCache: Sendable {
  private struct Key: Hashable {
    let desired: Digest
    let leaving: [Digest]
    let leavingIDs: [ResourceID]
  }

  private let compute: @Sendable ([AnyResource]) -> Offers
  private let last = Mutex<(key: Key, offers: Offers)?>(nil)

  init(_ compute: @escaping @Sendable ([AnyResource]) -> Offers) { self.compute = compute }

  /// - Parameter leaving: Sorted by id. Offers of desired resources take precedence over theirs.
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
