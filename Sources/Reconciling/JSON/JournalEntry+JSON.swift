package import Model

/// The form of journal entries in the API.
extension JournalEntry: JSONRepresentable {
  package var value: Value {
    .members([
      "resource": .string(intent.step.resource.description), "pass": .string(intent.step.pass),
      "index": .integer(Int64(intent.step.index)), "revision": .integer(intent.revision),
      "action": .string(intent.action.rawValue), "summary": .string(intent.summary),
      "reason": .string(intent.reason), "risk": .string(intent.risk.rawValue),
      "at": .string(intent.at.description), "fields": .array(intent.fields.map(\.value)),
      "outcome": outcome.map { .string($0.word.rawValue) },
      "error": outcome?.message.map(Value.string),
      "effect": outcome?.effect.map { .string($0.rawValue) },
      "finishedAt": finishedAt.map { .string($0.description) },
    ])
  }

  package init?(_ value: Value) {
    guard let resource = value.id(at: "resource"), let pass = value.text(at: "pass"),
      let index = value.integer(at: "index"), let revision = value.integer(at: "revision"),
      let action = value.word(at: "action", of: StepAction.self), let at = value.time(at: "at"),
      let risk = value.word(at: "risk", of: Risk.self)
    else { return nil }
    var outcome: JournalOutcome?
    if let text = value.text(at: "outcome") {
      guard let word = JournalOutcome.Word(rawValue: text) else { return nil }
      outcome = JournalOutcome(
        word, message: value.text(at: "error"), effect: value.word(at: "effect", of: StepEffect.self))
    }
    self.init(
      intent: JournalIntent(
        step: StepID(pass: pass, resource: resource, index: Int(clamping: index)), revision: revision,
        action: action, summary: value.text(at: "summary") ?? "", reason: value.text(at: "reason") ?? "",
        risk: risk, at: at, fields: value.list(at: "fields", of: FieldChange.self) ?? []),
      outcome: outcome, finishedAt: value.time(at: "finishedAt"))
  }
}

extension FieldChange: JSONRepresentable {}
