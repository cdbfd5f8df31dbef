package import Model

/// What a pass may write: the tokens that its replica held when it began. A value, so that what a pass does after its
/// replica lost a range and got it back counts as late too.
package struct FencingTokens: Hashable, Sendable {
  package let replica: String
  package let tokens: [KeyRange: Int64]
  /// Whether no other replica needs to be told of what is written.
  package let isExclusive: Bool

  package init(replica: String, tokens: [KeyRange: Int64], isExclusive: Bool = false) {
    self.replica = replica
    self.tokens = tokens
    self.isExclusive = isExclusive
  }

  /// A token that no range ever has: of what is not held.
  package static let none: Int64 = -1

  /// What must be current for a write about these resources, sorted by range.
  package func fence(_ ids: some Sequence<ResourceID>) -> [(range: KeyRange, token: Int64)] {
    fence(Set(ids.lazy.map { KeyRange(of: $0) }))
  }

  package func fence(_ ranges: Set<KeyRange>) -> [(range: KeyRange, token: Int64)] {
    ranges.sorted().map { ($0, tokens[$0] ?? FencingTokens.none) }
  }
}

extension StoreErrorCode {
  package static let leaseLost: StoreErrorCode = "lease.lost"
  package static let revisionSuperseded: StoreErrorCode = "revision.superseded"
}

extension StoreError {
  /// A write came with a token that is no longer current.
  package static func lost(_ range: Int, holder: String?) -> StoreError {
    StoreError(
      .leaseLost,
      "the lease of key range \(range) is no longer this replica's"
        + (holder.map { ", but that of \($0)" } ?? "") + ": nothing was written",
      hint: "whoever holds it goes on; this replica joins again by itself")
  }

  /// A pass for an older revision was about to begin something.
  package static func superseded(_ revision: Int64, by newer: Int64) -> StoreError {
    StoreError(
      .revisionSuperseded, "revision \(newer) is known, so nothing is begun for revision \(revision)")
  }

  /// The store refused because a newer revision exists.
  package var isSuperseded: Bool { code == .revisionSuperseded }

  /// Whether another is at work now, by token or by revision, rather than something being broken.
  package var isOutdated: Bool { code == .leaseLost || isSuperseded }
}
