package import Gateway
package import Model
package import Reconciling

/// Who changed what: `audit list`, and page by page for `audit verify`, which computes the chain where it was asked.
package struct AuditQuery: Query {
  package static let operation = QueryOperation(
    .get, "audit", name: "listAudit", "Entries of the audit trail, and where its chain ends.",
    parameters: [
      .environment, .resource, .limit(5000),
      APIParameter(
        "after", .query, "Entries behind this one, oldest first; without, the newest first.",
        schema: WireSchema.integer(0...Int64.max)),
    ],
    answer: (
      "At most as many entries as asked for, 50 where nothing is said, each with its record as it was hashed.",
      WireSchema.object([
        "environment": WireSchema.name, "now": WireSchema.time,
        "entries": WireSchema.list(
          WireSchema.object(["entry": WireSchema.integer, "hash": WireSchema.text, "text": WireSchema.text])),
        "head": WireSchema.object(["count": WireSchema.integer, "hash": WireSchema.text]),
      ])
    ))

  package let environment: String?
  package let resource: ResourceID?
  /// Nil: the newest entries.
  package let after: Int64?
  package let limit: Int

  package init(environment: String?, resource: ResourceID? = nil, after: Int64? = nil, limit: Int) {
    self.environment = environment
    self.resource = resource
    self.after = after
    self.limit = limit
  }

  package init(_ request: APIRequest) throws(OperationError) {
    self.init(
      environment: request.parameters["environment"], resource: try request.namedResource(),
      after: request.parameters["after"].flatMap { Int64($0) }, limit: request.limit ?? 50)
  }

  package var parameters: [String: String] {
    [
      "environment": environment, "resource": resource?.description, "after": after.map { String($0) },
      "limit": String(limit),
    ].compactMapValues { $0 }
  }

  package func answer(in session: Session) async throws -> AuditPage {
    let environment = try session.environment(named: environment)
    let trail = session.auditTrail
    let entries =
      if let after {
        try await trail.audit(of: environment, after: after, limit: limit)
      } else {
        try await trail.audit(of: environment, id: resource, limit: limit)
      }
    return AuditPage(
      environment: environment, now: session.engine.time.now(), entries: entries,
      head: try await trail.auditHead(of: environment))
  }
}

package struct AuditPage: JSONRepresentable {
  package let environment: String
  package let now: Timestamp
  package let entries: [AuditEntry]
  /// Where the chain ended when the entries had been read.
  package let head: AuditHead

  package init(environment: String, now: Timestamp, entries: [AuditEntry], head: AuditHead) {
    self.environment = environment
    self.now = now
    self.entries = entries
    self.head = head
  }

  package var value: Value {
    .members([
      "environment": .string(environment), "now": .string(now.description),
      "entries": .array(
        entries.map { entry in
          .members([
            "entry": .integer(entry.sequence), "hash": .string(entry.hash), "text": .string(entry.text),
          ])
        }), "head": .members(["count": .integer(head.count), "hash": .string(head.hash)]),
    ])
  }

  package init?(_ value: Value) {
    guard let environment = value.text(at: "environment"), let now = value.time(at: "now"),
      let entries = value.list(at: "entries"), let head = value["head"],
      let count = head.integer(at: "count"),
      let hash = head.text(at: "hash")
    else { return nil }
    self.init(
      environment: environment, now: now,
      entries: entries.compactMap { entry in
        guard let sequence = entry.integer(at: "entry"), let text = entry.text(at: "text"),
          let hash = entry.text(at: "hash")
        else { return nil }
        return AuditEntry(sequence: sequence, text: text, hash: hash)
      }, head: AuditHead(count: count, hash: hash))
  }
}
