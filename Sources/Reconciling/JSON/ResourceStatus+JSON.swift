package import Model

/// The form of statuses in the API and in `get -o json`.
extension ResourceStatus: JSONRepresentable {
  package var value: Value {
    .members([
      "id": .string(id.description), "observedRevision": .integer(revision), "mode": .string(mode.rawValue),
      "failures": .integer(Int64(failures)), "nextAttempt": nextAttempt.map { .string($0.description) },
      "conditions": .array(conditions.map(\.value)),
    ])
  }

  package init?(_ value: Value) {
    guard let id = value.id(at: "id"), let revision = value.integer(at: "observedRevision"),
      let mode = value.word(at: "mode", of: ReconcileMode.self), let failures = value.integer(at: "failures"),
      let conditions = value.list(at: "conditions", of: Condition.self)
    else { return nil }
    self.init(
      id: id, revision: revision, conditions: conditions, failures: Int(clamping: failures),
      nextAttempt: value.time(at: "nextAttempt"), mode: mode)
  }
}

extension Condition: JSONRepresentable {
  package var value: Value {
    .members([
      "type": .string(type.rawValue), "status": .bool(status), "reason": .string(reason.rawValue),
      "message": .string(message),
      "waitsFor": waitsFor.isEmpty ? nil : .array(waitsFor.map { .string($0.description) }),
      "since": .string(since.description),
      "observedRevision": .integer(observedRevision),
    ])
  }

  package init?(_ value: Value) {
    guard let type = value.word(at: "type", of: Kind.self), let status = value.flag(at: "status"),
      let since = value.time(at: "since"), let revision = value.integer(at: "observedRevision")
    else { return nil }
    self.init(
      type, status, reason: ConditionReason(rawValue: value.text(at: "reason") ?? ""),
      message: value.text(at: "message") ?? "",
      waitsFor: (value.list(at: "waitsFor") ?? []).compactMap { ResourceID($0.plainText) },
      since: since, observedRevision: revision)
  }
}
