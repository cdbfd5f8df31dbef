import Gateway
import Model
import Reconciling

/// What happened: `events`.
struct EventsQuery: Query {
  static let operation = QueryOperation(
    .get, "events", name: "listEvents", "What happened, newest first.",
    parameters: [.environment, .resource, .limit(10_000)],
    answer: (
      "At most as many as asked for, 50 where nothing is said.",
      WireSchema.object(["now": WireSchema.time, "events": WireSchema.list(WireSchema.event)])
    ))

  let environment: String?
  let resource: ResourceID?
  let limit: Int

  init(environment: String?, resource: ResourceID?, limit: Int) {
    self.environment = environment
    self.resource = resource
    self.limit = limit
  }

  init(_ request: APIRequest) throws(CommandFailure) {
    self.init(
      environment: request.parameters["environment"], resource: try request.namedResource(),
      limit: request.limit ?? 50)
  }

  var parameters: [String: String] {
    ["environment": environment, "resource": resource?.description, "limit": String(limit)]
      .compactMapValues { $0 }
  }

  func answer(in session: Session) async throws -> EventList {
    let environment = try session.environment(named: environment)
    let events = try await session.store.events(of: environment, id: resource, limit: limit)
    return EventList(now: session.engine.time.now(), events: events)
  }
}

struct EventList: JSONRepresentable {
  let now: Timestamp
  /// Newest first.
  let events: [Event]

  init(now: Timestamp, events: [Event]) {
    self.now = now
    self.events = events
  }

  var value: Value {
    .members(["now": .string(now.description), "events": .array(events.map(\.value))])
  }

  init?(_ value: Value) {
    guard let now = value.time(at: "now"), let events = value.list(at: "events", of: Event.self) else {
      return nil
    }
    self.init(now: now, events: events)
  }
}

extension APIParameter {
  static let resource = APIParameter(
    "resource", .query, "Only this one, as Kind/name.", schema: WireSchema.resource)
}

extension APIRequest {
  var limit: Int? { parameters["limit"].flatMap { Int($0) } }

  /// Nil: all. What is no name narrows nothing, so it is refused.
  func namedResource() throws(CommandFailure) -> ResourceID? {
    guard let text = parameters["resource"] else { return nil }
    guard let id = ResourceID(text) else {
      throw .usage("‘\(text)’ names no resource; write Kind/name, such as Node/north")
    }
    return id
  }
}
