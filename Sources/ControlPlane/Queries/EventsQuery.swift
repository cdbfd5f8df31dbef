package import Gateway
package import Model
package import Reconciling

/// What happened: `events`.
package struct EventsQuery: Query {
  package static let operation = QueryOperation(
    .get, "events", name: "listEvents", "What happened, newest first.",
    parameters: [.environment, .resource, .limit(10_000)],
    answer: (
      "At most as many as asked for, 50 where nothing is said.",
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

  package func answer(in session: Session) async throws -> EventList {
    let environment = try session.environment(named: environment)
    let events = try await session.store.events(of: environment, id: resource, limit: limit)
    return EventList(now: session.engine.time.now(), events: events)
  }
}

package struct EventList: JSONRepresentable {
  package let now: Timestamp
  /// Newest first.
  package let events: [Event]

  package init(now: Timestamp, events: [Event]) {
    self.now = now
    self.events = events
  }

  package var value: Value {
    .members(["now": .string(now.description), "events": .array(events.map(\.value))])
  }

  package init?(_ value: Value) {
    guard let now = value.time(at: "now"), let events = value.list(at: "events", of: Event.self) else {
      return nil
    }
    self.init(now: now, events: events)
  }
}

extension APIParameter {
  package static let resource = APIParameter(
    "resource", .query, "Only this one, as Kind/name.", schema: WireSchema.resource)
}

extension APIRequest {
  package var limit: Int? { parameters["limit"].flatMap { Int($0) } }

  /// Nil: all. What is no name narrows nothing, so it is refused.
  package func namedResource() throws(OperationError) -> ResourceID? {
    guard let text = parameters["resource"] else { return nil }
    guard let id = ResourceID(text) else {
      throw .usage("‘\(text)’ names no resource; write Kind/name, such as Node/north")
    }
    return id
  }
}
