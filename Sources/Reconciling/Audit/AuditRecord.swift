package import Model

/// The permanent record of one mutation of the desired state (`revision`, `rollback`) or of an outside system
/// (a step's action). Contains no secrets, as steps contain none.
package struct AuditRecord: Hashable, Sendable {
  /// What was done, in one word. An open set: each module names its mutations.
  package struct Action: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ action: StepAction) { rawValue = action.rawValue }

    /// Manifests became the newest revision.
    package static let revision = Action(rawValue: "revision")
    /// An earlier revision became the newest again.
    package static let rollback = Action(rawValue: "rollback")
    /// Manifests are no longer applied without a person.
    package static let quarantine = Action(rawValue: "quarantine")
    /// A quarantine ended.
    package static let lift = Action(rawValue: "lift")
    /// An environment got another name.
    package static let renameEnvironment = Action(rawValue: "renameEnvironment")
    /// An environment was removed from the state, and nothing else was changed.
    package static let forget = Action(rawValue: "forget")
  }

  package let at: Timestamp
  /// The author of the revision; nil when not known.
  package let actor: String?
  /// The git commit that the revision came from; nil when there was none.
  package let commit: String?
  package let revision: Int64
  /// Nil for a mutation of the whole environment.
  package let resource: ResourceID?
  package let action: Action
  /// `done`, `failed`, `interrupted` or `superseded`.
  package let outcome: String
  package let summary: String
  package let reason: String?
  /// Why it failed; nil when it did not.
  package let error: String?
  /// The fields that changed, or that a failed step was to change.
  package let diff: [FieldChange]

  package init(
    at: Timestamp, actor: String?, commit: String?, revision: Int64, resource: ResourceID?, action: Action,
    outcome: String, summary: String, reason: String? = nil, error: String? = nil, diff: [FieldChange] = []
  ) {
    self.at = at
    self.actor = actor
    self.commit = commit
    self.revision = revision
    self.resource = resource
    self.action = action
    self.outcome = outcome
    self.summary = summary
    self.reason = reason
    self.error = error
    self.diff = diff
  }

  /// A quarantine that begins or ends.
  /// - Parameter lifted: Who ended it, and when; nil when it begins.
  package init(_ quarantine: Quarantine, lifted: (actor: String, at: Timestamp)? = nil) {
    self.init(
      at: lifted?.at ?? quarantine.at, actor: lifted?.actor ?? quarantine.actor, commit: nil,
      revision: quarantine.revision, resource: nil, action: lifted == nil ? .quarantine : .lift,
      outcome: "done",
      summary: lifted == nil ? "hold back manifests" : "no longer hold back manifests",
      reason: quarantine.reason,
      diff: [FieldChange("manifests", from: nil, to: .string(quarantine.digest.description))])
  }

  /// The outcome of a step.
  package init(
    _ intent: JournalIntent, _ outcome: JournalOutcome, at time: Timestamp, actor: String?, commit: String?
  ) {
    self.init(
      at: time, actor: actor, commit: commit, revision: intent.revision, resource: intent.step.resource,
      action: Action(intent.action), outcome: outcome.word.rawValue, summary: intent.summary,
      reason: intent.reason, error: outcome.message, diff: intent.fields)
  }

  /// A new revision. The diff names the changed resources; the records of the steps contain their fields.
  package init(
    recording number: Int64, _ changes: RevisionChanges, by authorship: Authorship, at time: Timestamp
  ) {
    self.init(
      at: time, actor: authorship.actor, commit: authorship.commit, revision: number, resource: nil,
      action: authorship.action, outcome: "done",
      summary: authorship.message, reason: changes.count, diff: changes.diff)
  }
}
