package import Model

/// Where the controller remembers: revisions, what it answers for, what it did and how each resource is.
///
/// Every method is one transaction. Implementations pass the contract suite `StateStoreContract`.
package protocol StateStore: LeaseStore, QuarantineStore {
  /// The newest revision of an environment; nil when none was recorded.
  func latestRevision(of environment: String) async throws(StoreError) -> Revision?

  /// Newest first, at most `limit`.
  func revisions(of environment: String, limit: Int) async throws(StoreError) -> [Revision]

  /// The resources of a recorded revision; nil when there is no such revision.
  func desiredState(of environment: String, at revision: Int64) async throws(StoreError) -> DesiredState?

  /// Makes `desired` the newest revision, unless the newest has the same digest already; answers with the newest.
  func record(_ desired: DesiredState, by authorship: Authorship, at time: Timestamp) async throws(StoreError)
    -> Revision

  /// Everything that was applied and not yet removed. Entries that equal a resource in `desired` share its value.
  func inventory(of environment: String, knowing desired: [AnyResource]) async throws(StoreError)
    -> [ResourceID: InventoryEntry]

  /// The same for these resources only, at a cost that follows from their number.
  func inventory(of environment: String, ids: Set<ResourceID>, knowing desired: DesiredState)
    async throws(StoreError) -> [ResourceID: InventoryEntry]

  /// Takes resources into the inventory before their first step, so that a killed controller knows what to look for.
  func claim(_ resources: [AnyResource], in environment: String, revision: Int64) async throws(StoreError)

  /// Forgets, before the first step of their removal, that these are applied: should they be wanted again half-way,
  /// nothing is built on them before they are whole.
  func disclaim(_ ids: [ResourceID], in environment: String, revision: Int64) async throws(StoreError)

  /// Appends to the journal. An intent is on disk before this returns.
  func append(_ records: [JournalRecord], in environment: String) async throws(StoreError)

  /// Marks every intent that has no outcome, and was not written under a token that is still current, as interrupted;
  /// answers with the resources concerned.
  func closeOpenIntents(in environment: String, at time: Timestamp) async throws(StoreError) -> [ResourceID]

  /// Which of these have a step that ended in this span of time without a certain outcome; see `LateEffects.swift`.
  /// - Parameter countingDone: steps that were done count too, but for deletions.
  func unsettled(
    _ ids: Set<ResourceID>, in environment: String, during span: ClosedRange<Timestamp>, countingDone: Bool
  ) async throws(StoreError) -> Set<ResourceID>

  /// Stores how resources are and which digests are applied, drops those that are gone, and adds events.
  func save(_ changes: StatusChanges, in environment: String) async throws(StoreError)

  func statuses(of environment: String) async throws(StoreError) -> [ResourceID: ResourceStatus]

  /// The same for these resources only.
  func statuses(of environment: String, ids: Set<ResourceID>) async throws(StoreError)
    -> [ResourceID: ResourceStatus]

  /// Resources that have a status and are not in the inventory: they were never applied, or are gone.
  func strayStatuses(of environment: String) async throws(StoreError) -> Set<ResourceID>

  /// Newest first. `id` nil for all.
  func events(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [Event]

  /// Newest first. `id` nil for all.
  func journal(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [JournalEntry]
}

/// A code such as `lease.lost`, or a driver's, such as `postgres.unreachable`.
package struct StoreErrorCode: OpenProblemCode {
  package let rawValue: String
  package init(rawValue: String) { self.rawValue = rawValue }
}

/// The state could not be read or written. Nothing is executed without a journal.
package typealias StoreError = Problem<StoreErrorCode>
