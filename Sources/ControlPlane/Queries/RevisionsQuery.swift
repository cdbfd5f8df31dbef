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

  package func answer(in context: RecordsContext) async throws -> RevisionList {
    let environment = try await context.environments.resolve(environment)
    let revisions = try await context.store.revisions(of: environment, limit: limit)
    let quarantines = Dictionary(
      try await context.store.quarantines(of: environment).map { ($0.digest, $0) },
      uniquingKeysWith: { first, _ in first })
    return RevisionList(
      now: context.now(),
      entries: revisions.map { revision in
        RevisionList.Entry(
          revision: revision,
          quarantine: quarantines[revision.manifestDigest].map(RevisionList.QuarantineEntry.init))
      })
  }
}

package struct RevisionList: JSONRepresentable {
  /// When, why and by whom a revision was quarantined.
  package struct QuarantineEntry: JSONRepresentable {
    package let at: Timestamp
    package let actor: String
    package let reason: String

    package init(_ quarantine: Quarantine) {
      at = quarantine.at
      actor = quarantine.actor
      reason = quarantine.reason
    }

    package var value: Value {
      .members(["at": .string(at.description), "by": .string(actor), "reason": .string(reason)])
    }

    package init?(_ value: Value) {
      guard let at = value.time(at: "at"), let actor = value.text(at: "by"),
        let reason = value.text(at: "reason")
      else { return nil }
      self.at = at
      self.actor = actor
      self.reason = reason
    }
  }

  package struct Entry: JSONRepresentable {
    package let revision: Revision
    package let quarantine: QuarantineEntry?

    package init(revision: Revision, quarantine: QuarantineEntry?) {
      self.revision = revision
      self.quarantine = quarantine
    }

    package var value: Value { revision.value.adding("quarantined", quarantine?.value) }

    package init?(_ value: Value) {
      guard let revision = Revision(value) else { return nil }
      self.init(revision: revision, quarantine: value["quarantined"].flatMap { QuarantineEntry($0) })
    }
  }

  package let now: Timestamp
  /// Newest first.
  package let entries: [Entry]

  package init(now: Timestamp, entries: [Entry]) {
    self.now = now
    self.entries = entries
  }

  package var value: Value {
    .members(["now": .string(now.description), "revisions": .array(entries.map(\.value))])
  }

  package init?(_ value: Value) {
    guard let now = value.time(at: "now"), let entries = value.list(at: "revisions", of: Entry.self) else {
      return nil
    }
    self.init(now: now, entries: entries)
  }
}
