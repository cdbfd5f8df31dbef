package import Model

/// The form of events in the API and in `events -o json`.
extension Event: JSONRepresentable {
  package var value: Value {
    .members([
      "at": .string(at.description), "resource": id.map { .string($0.description) },
      "warning": .bool(isWarning),
      "reason": .string(reason.rawValue), "message": .string(message), "revision": .integer(revision),
    ])
  }

  package init?(_ value: Value) {
    guard let at = value.time(at: "at"), let isWarning = value.flag(at: "warning"),
      let reason = value.word(at: "reason", of: EventReason.self), let message = value.text(at: "message"),
      let revision = value.integer(at: "revision")
    else { return nil }
    self.init(
      at: at, id: value.id(at: "resource"), isWarning: isWarning, reason: reason, message: message,
      revision: revision)
  }
}
