package import Gateway
package import Model
package import Reconciling

/// Reads audit entries: for `audit list`, and page by page for `audit verify`, which verifies the chain in
/// the client.
package struct AuditQuery: Query {
  package static let operation = QueryOperation(
    .get, "audit", name: "listAudit", "List audit entries, and the head of their hash chain.",
    parameters: [
      .environment, .resource, .limit(max: 5000),
      APIParameter(
        "after", .query, "Entries after this one, oldest first. Default: the newest entries, newest first.",
        schema: WireSchema.integer(in: 0...Int64.max)),
    ],
    answer: (
      "At most `limit` entries, 50 by default, each with its record as it was hashed.",
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

  package func answer(in context: AuditContext) async throws -> AuditPage {
    let environment = try await context.environments.resolve(environment)
    let trail = context.auditTrail
    let entries =
      if let after {
        try await trail.audit(of: environment, after: after, limit: limit)
      } else {
        try await trail.audit(of: environment, id: resource, limit: limit)
      }
    return AuditPage(
      environment: environment, now: context.now(), entries: entries,
      head: try await trail.auditHead(of: environment))
  }
}

package struct AuditPage: Sendable {
  package let environment: String
  package let now: Timestamp
  package let entries: [AuditEntry]
  /// The head of the chain after the entries were read.
  package let head: AuditHead
}

extension AuditPage: JSONRepresentable {
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
