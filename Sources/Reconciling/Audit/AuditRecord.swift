package import Model

/// One mutation as it is told for good: of what is wanted (`revision`, `rollback`) or of the world (a step's action).
/// Free of secrets, as steps are.
package struct AuditRecord: Hashable, Sendable {
  /// What was done, in one word. An open set: whoever adds a mutation names it.
  package struct Action: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ action: StepAction) { rawValue = action.rawValue }

    /// Manifests became the newest revision.
    package static let revision = Action(rawValue: "revision")
    /// An earlier revision became the newest again.
    package static let rollback = Action(rawValue: "rollback")
    /// Manifests are not applied by themselves any more.
    package static let quarantine = Action(rawValue: "quarantine")
    /// They are again.
    package static let lift = Action(rawValue: "lift")
  }

  package let at: Timestamp
  /// Who brought the revision; nil where that is not known.
  package let actor: String?
  /// The git commit that the revision came from; nil where there was none.
  package let commit: String?
  package let revision: Int64
  /// Nil for what concerns the whole environment.
  package let resource: ResourceID?
  package let action: Action
  /// `done`, `failed`, `interrupted` or `superseded`.
  package let outcome: String
  package let summary: String
  package let reason: String?
  /// Why it failed; nil when it did not.
  package let error: String?
  /// The fields that changed or were to change.
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

  /// Manifests that are held back, or are no longer.
  /// - Parameter lifted: by whom and when the hold was ended; nil where it begins.
  package init(_ quarantine: Quarantine, lifted: (actor: String, at: Timestamp)? = nil) {
    self.init(
      at: lifted?.at ?? quarantine.at, actor: lifted?.actor ?? quarantine.actor, commit: nil,
      revision: quarantine.revision, resource: nil, action: lifted == nil ? .quarantine : .lift,
      outcome: "done",
      summary: lifted == nil ? "hold back manifests" : "no longer hold back manifests",
      reason: quarantine.reason,
      diff: [FieldChange("manifests", from: nil, to: .string(quarantine.digest.description))])
  }

  /// What became of a step.
  package init(
    _ intent: JournalIntent, _ outcome: JournalOutcome, at time: Timestamp, actor: String?, commit: String?
  ) {
    self.init(
      at: time, actor: actor, commit: commit, revision: intent.revision, resource: intent.step.resource,
      action: Action(intent.action), outcome: outcome.word.rawValue, summary: intent.summary,
      reason: intent.reason, error: outcome.message, diff: intent.fields)
  }

  /// The mutation that a new revision is. Its diff says which resources changed; how their fields did is told by
  /// the steps that follow.
  package init(
    recording number: Int64, _ changes: RevisionChanges, by authorship: Authorship, at time: Timestamp
  ) {
    self.init(
      at: time, actor: authorship.actor, commit: authorship.commit, revision: number, resource: nil,
      action: authorship.action, outcome: "done",
      summary: authorship.message, reason: changes.count, diff: changes.diff)
  }
}
