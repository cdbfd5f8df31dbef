package import Model

/// The form that `docs/apply-json.md` documents.
extension ApplyReport: JSONRepresentable {
  package var value: Value {
    .members([
      "environment": .string(environment), "revision": .integer(revision),
      "summary": .object(
        Dictionary(
          State.allCases.map { ($0.rawValue, .integer(Int64(count($0)))) }, uniquingKeysWith: { a, _ in a })),
      "resources": .array(entries.map(\.value)),
    ])
  }

  package init?(_ value: Value) {
    guard let environment = value.text(at: "environment"), let revision = value.integer(at: "revision"),
      let summary = value["summary"], let entries = value.list(at: "resources", of: Entry.self)
    else { return nil }
    let counts = State.allCases.map { ($0, Int(clamping: summary.integer(at: $0.rawValue) ?? 0)) }
    self.init(
      environment: environment, revision: revision, entries: entries,
      counts: Dictionary(counts, uniquingKeysWith: { first, _ in first }))
  }
}

extension ApplyReport.Entry: JSONRepresentable {
  package var value: Value {
    .members([
      "id": .string(id.description), "state": .string(state.rawValue), "reason": .string(reason),
      "message": .string(message), "because": because.map { .string($0.description) } ?? .null,
    ])
  }

  package init?(_ value: Value) {
    guard let id = value.id(at: "id"), let state = value.word(at: "state", of: ApplyReport.State.self) else {
      return nil
    }
    self.init(
      id: id, state: state, reason: value.text(at: "reason") ?? "", message: value.text(at: "message") ?? "",
      because: value.id(at: "because"))
  }
}
