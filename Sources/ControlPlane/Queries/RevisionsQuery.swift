package import Gateway
package import Model
package import Reconciling

/// Lists revisions: `history`.
package struct RevisionsQuery: Query {
  package static let operation = QueryOperation(
    .get, "revisions", name: "listRevisions", "Revisions of an environment, newest first.",
    parameters: [.environment, .limit(max: 10_000)],
    answer: (
      "At most `limit` revisions, 20 by default.",
      WireSchema.object(["now": WireSchema.time, "revisions": WireSchema.list(WireSchema.revision)])
    ))

  package let environment: String?
  package let limit: Int

  package init(environment: String?, limit: Int) {
    self.environment = environment
    self.limit = limit
  }

  package init(_ request: APIRequest) {
    self.init(environment: request.parameters["environment"], limit: request.limit ?? 20)
  }

  package var parameters: [String: String] {
    ["environment": environment, "limit": String(limit)].compactMapValues { $0 }
  }

  package func answer(in context: RecordsContext) async throws -> RecordList<RevisionEntry> {
    let environment = try await context.environments.resolve(environment)
    let revisions = try await context.store.revisions(of: environment, limit: limit)
    let quarantines = Dictionary(
      try await context.store.quarantines(of: environment).map { ($0.digest, $0) },
      uniquingKeysWith: { first, _ in first })
    return RecordList(
      now: context.now(),
      records: revisions.map { revision in
        RevisionEntry(
          revision: revision,
          quarantine: quarantines[revision.manifestDigest].map(RevisionEntry.QuarantineEntry.init))
      })
  }
}

/// A revision, and its quarantine if it has one.
package struct RevisionEntry: Sendable {
  /// When, by whom and why a revision was quarantined.
  package struct QuarantineEntry: Sendable {
    package let at: Timestamp
    package let actor: String
    package let reason: String
  }

  package let revision: Revision
  package let quarantine: QuarantineEntry?
}

extension RevisionEntry: ListedRecord {
  package static var listName: String { "revisions" }

  package var value: Value { revision.value.adding("quarantined", quarantine?.value) }

  package init?(_ value: Value) {
    guard let revision = Revision(value) else { return nil }
    self.init(
      revision: revision, quarantine: value["quarantined"].flatMap { QuarantineEntry($0) })
  }
}

extension RevisionEntry.QuarantineEntry: JSONRepresentable {
  package init(_ quarantine: Quarantine) {
    self.init(at: quarantine.at, actor: quarantine.actor, reason: quarantine.reason)
  }

  package var value: Value {
    .members(["at": .string(at.description), "by": .string(actor), "reason": .string(reason)])
  }

  package init?(_ value: Value) {
    guard let at = value.time(at: "at"), let actor = value.text(at: "by"),
      let reason = value.text(at: "reason")
    else { return nil }
    self.init(at: at, actor: actor, reason: reason)
  }
}
