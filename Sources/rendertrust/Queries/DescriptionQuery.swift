import Gateway
import KindSupport
import Model
import Reconciling

/// Everything about one resource: `describe`.
struct DescriptionQuery: Query {
  static let operation = QueryOperation(
    .get, "resources/{kind}/{name}", name: "describeResource",
    "One resource: its manifest, conditions, why it is not ready, its newest steps and events.",
    parameters: [.kind, .name, .environment],
    answer: (
      "What is known of it.",
      WireSchema.object(
        [
          "now": WireSchema.time, "steps": WireSchema.list(WireSchema.any),
          "events": WireSchema.list(WireSchema.event),
        ],
        optional: [
          "manifest": WireSchema.text, "status": WireSchema.status, "explanation": WireSchema.explanation,
        ])
    ))

  let environment: String?
  let resource: ResourceID

  init(environment: String?, resource: ResourceID) {
    self.environment = environment
    self.resource = resource
  }

  init(_ request: APIRequest) {
    self.init(environment: request.parameters["environment"], resource: request.resource)
  }

  var parameters: [String: String] {
    ["environment": environment, "kind": resource.kind, "name": resource.name].compactMapValues { $0 }
  }

  func answer(in session: Session) async throws -> ResourceDescription {
    let environment = try session.environment(named: environment)
    let inventory = try await session.store.inventory(of: environment, knowing: [])
    let status = try await session.store.statuses(of: environment)[resource]
    guard inventory[resource] != nil || status != nil else {
      throw CommandFailure.missing("\(resource) was never applied in \(environment)")
    }
    var description = ResourceDescription(now: session.engine.time.now())
    description.manifest = inventory[resource].map { session.platform.kinds.manifest(of: $0.resource) }
    description.status = status
    if let status, !status.isReady {
      description.explanation = try await session.explain(resource, in: environment).0
    }
    description.steps = try await session.store.journal(of: environment, id: resource, limit: 10)
    description.events = try await session.store.events(of: environment, id: resource, limit: 10)
    return description
  }
}

struct ResourceDescription: JSONRepresentable {
  let now: Timestamp
  /// As last applied; nil where it is not.
  var manifest: String?
  var status: ResourceStatus?
  /// Where it is not ready.
  var explanation: Explanation?
  /// Newest first, as the events.
  var steps: [JournalEntry] = []
  var events: [Event] = []

  init(now: Timestamp) { self.now = now }

  var value: Value {
    .members([
      "now": .string(now.description), "manifest": manifest.map(Value.string), "status": status?.value,
      "explanation": explanation?.value(now: now), "steps": .array(steps.map(\.value)),
      "events": .array(events.map(\.value)),
    ])
  }

  init?(_ value: Value) {
    guard let now = value.time(at: "now"), let steps = value.list(at: "steps", of: JournalEntry.self),
      let events = value.list(at: "events", of: Event.self)
    else { return nil }
    self.init(now: now)
    manifest = value.text(at: "manifest")
    status = value["status"].flatMap { ResourceStatus($0) }
    explanation = value["explanation"].flatMap { Explanation($0) }
    self.steps = steps
    self.events = events
  }
}

extension APIParameter {
  static let kind = APIParameter("kind", .path, "Of the resource.", schema: WireSchema.name, isRequired: true)
  static let name = APIParameter("name", .path, "Of the resource.", schema: WireSchema.name, isRequired: true)
}

extension APIRequest {
  /// The one that the path names.
  var resource: ResourceID {
    ResourceID(kind: parameters["kind"] ?? "", name: parameters["name"] ?? "")
  }
}
