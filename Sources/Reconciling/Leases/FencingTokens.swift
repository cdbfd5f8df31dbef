package import Model

/// The tokens that a replica held when a pass began, under which the pass writes. A value, so that the writes
/// of a pass are rejected even if the replica lost a range and acquired it again meanwhile.
package struct FencingTokens: Hashable, Sendable {
  package let replica: String
  package let tokens: [KeyRange: Int64]
  /// Whether no other replica is notified of what is written.
  package let isExclusive: Bool

  package init(replica: String, tokens: [KeyRange: Int64], isExclusive: Bool = false) {
    self.replica = replica
    self.tokens = tokens
    self.isExclusive = isExclusive
  }

  /// The token of ranges that are not held. No range ever has it.
  package static let none: Int64 = -1

  /// The tokens that must be current for a write about these resources, sorted by range.
  package func required(for ids: some Sequence<ResourceID>) -> [(range: KeyRange, token: Int64)] {
    required(for: Set(ids.lazy.map { KeyRange(of: $0) }))
  }

  package func required(for ranges: Set<KeyRange>) -> [(range: KeyRange, token: Int64)] {
    ranges.sorted().map { ($0, tokens[$0] ?? FencingTokens.none) }
  }
}

extension StoreErrorCode {
  package static let leaseLost: StoreErrorCode = "lease.lost"
  package static let revisionSuperseded: StoreErrorCode = "revision.superseded"
}

extension StoreError {
  /// A write was rejected because its token is no longer current.
  package static func lost(_ range: Int, holder: String?) -> StoreError {
    StoreError(
      .leaseLost,
      "the lease of key range \(range) is no longer this replica's"
        + (holder.map { ", but that of \($0)" } ?? "") + ": nothing was written",
      hint: "the holder continues the work; this replica joins again by itself")
  }

  /// A claim or an intent of a pass for an older revision was rejected.
  package static func superseded(_ revision: Int64, by newer: Int64) -> StoreError {
    StoreError(
      .revisionSuperseded, "revision \(newer) is recorded, so nothing starts for revision \(revision)")
  }

  /// Whether the store rejected the write because of a newer revision.
  package var isSuperseded: Bool { code == .revisionSuperseded }

  /// Whether the write was rejected because another replica or a newer revision replaced its pass.
  package var isOutdated: Bool { code == .leaseLost || isSuperseded }
}
