package import Model

/// The stored state of the controller: revisions, inventory, journal, statuses and events.
///
/// Every method is one transaction. Implementations pass the contract suite `StateStoreContract`.
package protocol StateStore: LeaseStore, QuarantineStore, ClaimStore, PendingRemovalStore {
  /// The newest revision of an environment; nil when none was recorded.
  func latestRevision(of environment: String) async throws(StoreError) -> Revision?

  /// Newest first, at most `limit`.
  func revisions(of environment: String, limit: Int) async throws(StoreError) -> [Revision]

  /// The resources of a recorded revision; nil when there is no such revision.
  func desiredState(of environment: String, at revision: Int64) async throws(StoreError) -> DesiredState?

  /// Makes `desired` the newest revision, unless the newest has the same digest. Returns the newest.
  /// - Parameter manifests: The digest of the manifests that `desired` precedes as an interim state; nil for
  ///   manifests as they are, which also makes a newest interim revision of the same digest an ordinary one,
  ///   and ends the pending removals.
  func record(
    _ desired: DesiredState, for manifests: Digest?, by authorship: Authorship, at time: Timestamp
  ) async throws(StoreError) -> Revision

  /// Everything that was applied and not yet removed. Entries that equal a resource in `desired` share its
  /// value.
  func inventory(of environment: String, knowing desired: [AnyResource]) async throws(StoreError)
    -> [ResourceID: InventoryEntry]

  /// The entries of these resources only. The cost depends on their number, not on the size of the inventory.
  func inventory(of environment: String, ids: Set<ResourceID>, knowing desired: DesiredState)
    async throws(StoreError) -> [ResourceID: InventoryEntry]

  /// Marks resources as not applied before the first step of their removal, so that nothing is built on them
  /// until they are applied completely again. What they hold is marked as leaving since `time`, unless it is
  /// marked already.
  func disclaim(_ ids: [ResourceID], in environment: String, revision: Int64, at time: Timestamp)
    async throws(StoreError)

  /// Appends to the journal. An intent is on disk before this returns.
  func append(_ records: [JournalRecord], in environment: String) async throws(StoreError)

  /// Marks intents without an outcome as interrupted, unless the token that they were written under is
  /// current. Returns their resources.
  func closeOpenIntents(in environment: String, at time: Timestamp) async throws(StoreError) -> [ResourceID]

  /// Those of the resources with a step that ended in this span of time and may still take effect; see
  /// `LateEffects.swift`.
  /// - Parameter countingDone: Whether steps that were done count too, unless a deletion followed them.
  func unsettled(
    _ ids: Set<ResourceID>, in environment: String, during span: ClosedRange<Timestamp>, countingDone: Bool
  ) async throws(StoreError) -> Set<ResourceID>

  /// Stores statuses and applied digests, deletes removed resources, and adds events. A resource that is
  /// applied releases what it no longer claims, a removed one everything, and its recorded data is forgotten.
  func save(_ changes: StatusChanges, in environment: String) async throws(StoreError)

  func statuses(of environment: String) async throws(StoreError) -> [ResourceID: ResourceStatus]

  /// The statuses of these resources only.
  func statuses(of environment: String, ids: Set<ResourceID>) async throws(StoreError)
    -> [ResourceID: ResourceStatus]

  /// Resources that have a status and are not in the inventory: they were never applied, or no longer exist.
  func strayStatuses(of environment: String) async throws(StoreError) -> Set<ResourceID>

  /// Newest first. `id` nil for all.
  func events(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [Event]

  /// Newest first. `id` nil for all.
  func journal(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [JournalEntry]
}

extension StateStore {
  /// Makes manifests the newest revision as they are.
  package func record(_ desired: DesiredState, by authorship: Authorship, at time: Timestamp)
    async throws(StoreError) -> Revision
  {
    try await record(desired, for: nil, by: authorship, at: time)
  }

  /// The newest revision before another one that is not an interim state; nil when there is none.
  package func newestSettledRevision(of environment: String, before number: Int64) async throws(StoreError)
    -> Revision?
  {
    var limit = 16
    while true {
      let found = try await revisions(of: environment, limit: limit)
      if let revision = found.first(where: { $0.number < number && $0.interimFor == nil }) { return revision }
      guard found.count == limit else { return nil }
      limit *= 16
    }
  }
}

/// A code such as `lease.lost`, or a driver's, such as `postgres.unreachable`.
package struct StoreErrorCode: OpenProblemCode {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// The state could not be read or written. Nothing is executed without a journal.
package typealias StoreError = Problem<StoreErrorCode>
