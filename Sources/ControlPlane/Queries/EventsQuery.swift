package import Gateway
package import Model
package import Reconciling

/// Lists events: `events`.
package struct EventsQuery: Query {
  package static let operation = QueryOperation(
    .get, "events", name: "listEvents", "List events, newest first.",
    parameters: [.environment, .resource, .limit(max: 10_000)],
    answer: (
      "At most `limit` events, 50 by default.",
      WireSchema.object(["now": WireSchema.time, "events": WireSchema.list(WireSchema.event)])
    ))

  package let environment: String?
  package let resource: ResourceID?
  package let limit: Int

  package init(environment: String?, resource: ResourceID?, limit: Int) {
    self.environment = environment
    self.resource = resource
    self.limit = limit
  }

  package init(_ request: APIRequest) throws(OperationError) {
    self.init(
      environment: request.parameters["environment"], resource: try request.namedResource(),
      limit: request.limit ?? 50)
  }

  package var parameters: [String: String] {
    ["environment": environment, "resource": resource?.description, "limit": String(limit)]
      .compactMapValues { $0 }
  }

  package func answer(in context: RecordsContext) async throws -> RecordList<Event> {
    let environment = try await context.environments.resolve(environment)
    let events = try await context.store.events(of: environment, id: resource, limit: limit)
    return RecordList(now: context.now(), records: events)
  }
}

extension Event: ListedRecord {
  package static var listName: String { "events" }
}

extension APIParameter {
  package static let resource = APIParameter(
    "resource", .query, "Only events of this resource, as Kind/name.", schema: WireSchema.resource)
}

extension APIRequest {
  package var limit: Int? { parameters["limit"].flatMap { Int($0) } }

  /// The resource of the parameter `resource`; nil without it.
  /// - Throws: a usage failure for an invalid name, which would not filter anything.
  package func namedResource() throws(OperationError) -> ResourceID? {
    guard let text = parameters["resource"] else { return nil }
    guard let id = ResourceID(text) else {
      throw .usage("‘\(text)’ is not the name of a resource; write Kind/name, such as Node/north")
    }
    return id
  }
}
