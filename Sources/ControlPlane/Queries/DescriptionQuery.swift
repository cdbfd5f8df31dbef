package import Gateway
import KindSupport
package import Model
package import Reconciling

/// Everything about one resource: `describe`.
package struct DescriptionQuery: Query {
  package static let operation = QueryOperation(
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

  package let environment: String?
  package let resource: ResourceID

  package init(environment: String?, resource: ResourceID) {
    self.environment = environment
    self.resource = resource
  }

  package init(_ request: APIRequest) {
    self.init(environment: request.parameters["environment"], resource: request.resource)
  }

  package var parameters: [String: String] {
    ["environment": environment, "kind": resource.kind, "name": resource.name].compactMapValues { $0 }
  }

  package func answer(in session: Session) async throws -> ResourceDescription {
    let environment = try session.environment(named: environment)
    let inventory = try await session.store.inventory(of: environment, knowing: [])
    let status = try await session.store.statuses(of: environment)[resource]
    guard inventory[resource] != nil || status != nil else {
      throw OperationError.missing("\(resource) was never applied in \(environment)")
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

package struct ResourceDescription: JSONRepresentable {
  package let now: Timestamp
  /// As last applied; nil where it is not.
  package var manifest: String?
  package var status: ResourceStatus?
  /// Where it is not ready.
  package var explanation: Explanation?
  /// Newest first, as the events.
  package var steps: [JournalEntry] = []
  package var events: [Event] = []

  package init(now: Timestamp) { self.now = now }

  package var value: Value {
    .members([
      "now": .string(now.description), "manifest": manifest.map(Value.string), "status": status?.value,
      "explanation": explanation?.value(now: now), "steps": .array(steps.map(\.value)),
      "events": .array(events.map(\.value)),
    ])
  }

  package init?(_ value: Value) {
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
  package static let kind = APIParameter(
    "kind", .path, "Of the resource.", schema: WireSchema.name, isRequired: true)
  package static let name = APIParameter(
    "name", .path, "Of the resource.", schema: WireSchema.name, isRequired: true)
}

extension APIRequest {
  /// The one that the path names.
  package var resource: ResourceID {
    ResourceID(kind: parameters["kind"] ?? "", name: parameters["name"] ?? "")
  }
}
