package import Model

extension AuditRecord {
  /// The stored form. Members without a value are left out.
  package var value: Value {
    .members([
      "action": .string(action.rawValue), "actor": actor.map(Value.string), "at": .string(at.description),
      "commit": commit.map(Value.string), "diff": .array(diff.map(\.value)), "error": error.map(Value.string),
      "outcome": .string(outcome), "reason": reason.map(Value.string),
      "resource": resource.map { .string($0.description) }, "revision": .integer(revision),
      "summary": .string(summary),
    ])
  }

  /// Nil when the value is not a record.
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
  /// Leaves out a side that is nil.
  package var value: Value { .members(["path": .string(path), "from": from, "to": to]) }

  package init?(_ value: Value) {
    guard let path = value["path"] else { return nil }
    self.init(path.plainText, from: value["from"], to: value["to"])
  }
}
