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

/// Who brings a revision, and why.
package struct Authorship: Hashable, Sendable {
  package let actor: String
  package let commit: String?
  package let message: String
  /// As what the revision enters the audit trail.
  package let action: AuditRecord.Action

  package init(
    actor: String, commit: String?, message: String, action: AuditRecord.Action = .revision
  ) {
    self.actor = actor
    self.commit = commit
    self.message = message
    self.action = action
  }
}

/// One line of the journal as it is written.
package enum JournalRecord: Hashable, Sendable {
  case intent(JournalIntent)
  case outcome(StepID, JournalOutcome, at: Timestamp)
}

/// Names one execution of one step, unique within an environment.
package struct StepID: Hashable, Sendable, Codable {
  /// Names the pass; unique across controllers and restarts.
  package let pass: String
  package let resource: ResourceID
  package let index: Int

  package init(pass: String, resource: ResourceID, index: Int) {
    self.pass = pass
    self.resource = resource
    self.index = index
  }
}

package struct JournalIntent: Hashable, Sendable {
  package let step: StepID
  package let revision: Int64
  package let action: StepAction
  package let summary: String
  package let reason: String
  package let risk: Risk
  package let at: Timestamp
  /// The step's changes, for the audit trail.
  package let fields: [FieldChange]

  package init(
    step: StepID, revision: Int64, action: StepAction, summary: String, reason: String, risk: Risk,
    at: Timestamp, fields: [FieldChange] = []
  ) {
    self.step = step
    self.revision = revision
    self.action = action
    self.summary = summary
    self.reason = reason
    self.risk = risk
    self.at = at
    self.fields = fields
  }
}

package enum JournalOutcome: Hashable, Sendable {
  case done
  case failed(String)
  /// The controller ended before it knew; the next observation tells what became of it.
  case interrupted
  /// It was given up because a newer revision wants something else; the next observation tells what became of it.
  case superseded(String)

  package var word: String {
    switch self {
    case .done: "done"
    case .failed: "failed"
    case .interrupted: "interrupted"
    case .superseded: "superseded"
    }
  }
}

/// An intent with what became of it; `outcome` nil while it is being executed.
package struct JournalEntry: Hashable, Sendable {
  package let intent: JournalIntent
  package let outcome: JournalOutcome?
  package let finishedAt: Timestamp?

  package init(intent: JournalIntent, outcome: JournalOutcome?, finishedAt: Timestamp?) {
    self.intent = intent
    self.outcome = outcome
    self.finishedAt = finishedAt
  }
}

/// Something that a person may want to know later.
package struct Event: Hashable, Sendable {
  package let at: Timestamp
  package let id: ResourceID?
  package let isWarning: Bool
  /// A CamelCase word for programs, such as `DriftDetected`.
  package let reason: String
  package let message: String
  package let revision: Int64

  package init(
    at: Timestamp, id: ResourceID?, isWarning: Bool, reason: String, message: String, revision: Int64
  ) {
    self.at = at
    self.id = id
    self.isWarning = isWarning
    self.reason = reason
    self.message = message
    self.revision = revision
  }
}

/// How one resource is, as last determined.
package struct ResourceStatus: Hashable, Sendable {
  package let id: ResourceID
  package let revision: Int64
  package let conditions: [Condition]
  /// Failed attempts since the last success.
  package let failures: Int
  /// When it is tried again; nil when nothing is due.
  package let nextAttempt: Timestamp?
  package let mode: ReconcileMode

  package init(
    id: ResourceID, revision: Int64, conditions: [Condition], failures: Int, nextAttempt: Timestamp?,
    mode: ReconcileMode
  ) {
    self.id = id
    self.revision = revision
    self.conditions = conditions
    self.failures = failures
    self.nextAttempt = nextAttempt
    self.mode = mode
  }

  package func condition(_ type: Condition.Kind) -> Condition? { conditions.first { $0.type == type } }
  package var isReady: Bool { condition(.ready)?.status ?? false }
}

/// What one pass found out, written in one transaction.
package struct StatusChanges: Sendable {
  /// The revision that was looked at.
  package let revision: Int64
  package var statuses: [ResourceStatus] = []
  /// Resources that are applied completely, as they are applied.
  package var applied: [AnyResource] = []
  /// Resources that are gone from the world and leave the inventory.
  package var removed: [ResourceID] = []
  package var events: [Event] = []

  package init(revision: Int64) { self.revision = revision }
  var isEmpty: Bool { statuses.isEmpty && applied.isEmpty && removed.isEmpty && events.isEmpty }
}
