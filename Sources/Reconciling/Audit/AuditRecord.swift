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
    let message: String? =
      switch outcome {
      case .done, .interrupted: nil
      case .failed(let text), .superseded(let text): text
      }
    self.init(
      at: time, actor: actor, commit: commit, revision: intent.revision, resource: intent.step.resource,
      action: Action(intent.action), outcome: outcome.word, summary: intent.summary, reason: intent.reason,
      error: message, diff: intent.fields)
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

/// Which resources a revision changed.
package struct RevisionChanges: Sendable {
  /// Digest of spec and labels with the mode; nil where the resource was or is not desired.
  package typealias Change = (id: String, from: String?, to: String?)

  private let changes: [Change]
  private let manifestDigest: Digest

  /// - Parameter changes: in any order.
  package init(_ changes: [Change], manifestDigest: Digest) {
    self.changes = changes.sorted { $0.id < $1.id }
    self.manifestDigest = manifestDigest
  }

  /// At most so many resources are named; the digest of the manifests stands for all.
  private static let maxNamed = 100

  var diff: [FieldChange] {
    let named = changes.prefix(RevisionChanges.maxNamed).map { id, from, to in
      FieldChange(id, from: from.map(Value.string), to: to.map(Value.string))
    }
    return [FieldChange("manifests", from: nil, to: .string(manifestDigest.description))] + named
  }

  /// `2 added, 1 changed, 0 removed`
  var count: String {
    let added = changes.count { $0.from == nil }
    let removed = changes.count { $0.to == nil }
    return "\(added) added, \(changes.count - added - removed) changed, \(removed) removed"
  }
}

extension AuditRecord {
  /// The record as it is written: members without value are left out.
  package var value: Value {
    .members([
      "action": .string(action.rawValue), "actor": actor.map(Value.string), "at": .string(at.description),
      "commit": commit.map(Value.string), "diff": .array(diff.map(\.value)), "error": error.map(Value.string),
      "outcome": .string(outcome), "reason": reason.map(Value.string),
      "resource": resource.map { .string($0.description) }, "revision": .integer(revision),
      "summary": .string(summary),
    ])
  }

  /// Nil for what is no record.
  package init?(_ value: Value) {
    guard let at = value["at"].flatMap({ Timestamp($0.plainText) }),
      case .integer(let revision)? = value["revision"],
      let action = value["action"]?.plainText, let outcome = value["outcome"]?.plainText
    else { return nil }
    var diff: [FieldChange] = []
    if case .array(let changes)? = value["diff"] { diff = changes.compactMap { FieldChange($0) } }
    self.init(
      at: at, actor: value["actor"]?.plainText, commit: value["commit"]?.plainText, revision: revision,
      resource: value["resource"].flatMap { ResourceID($0.plainText) }, action: Action(rawValue: action),
      outcome: outcome, summary: value["summary"]?.plainText ?? "", reason: value["reason"]?.plainText,
      error: value["error"]?.plainText, diff: diff)
  }
}

extension FieldChange {
  /// A side that is not set is left out.
  package var value: Value { .members(["path": .string(path), "from": from, "to": to]) }

  package init?(_ value: Value) {
    guard let path = value["path"] else { return nil }
    self.init(path.plainText, from: value["from"], to: value["to"])
  }
}
