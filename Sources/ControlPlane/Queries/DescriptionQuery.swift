package import Gateway
import KindSupport
package import Model
package import Reconciling

/// Shows one resource with its records: `describe`.
package struct DescriptionQuery: Query {
  package static let operation = QueryOperation(
    .get, "resources/{kind}/{name}", name: "describeResource",
    "Show a resource with its manifest, conditions, explanation, newest steps and events.",
    parameters: ResourceTarget.apiParameters,
    answer: (
      "The resource and its records.",
      WireSchema.object(
        [
          "now": WireSchema.time, "steps": WireSchema.list(WireSchema.any),
          "events": WireSchema.list(WireSchema.event),
        ],
        optional: [
          "manifest": WireSchema.text, "status": WireSchema.status, "explanation": WireSchema.explanation,
        ])
    ))

  package let target: ResourceTarget

  package init(_ target: ResourceTarget) { self.target = target }
  package init(_ request: APIRequest) { self.init(ResourceTarget(request)) }
  package var parameters: [String: String] { target.parameters }

  package func answer(in context: ManifestsContext) async throws -> ResourceDescription {
    let records = context.records
    let environment = try await records.environments.resolve(target.environment)
    let resource = target.resource
    let inventory = try await records.store.inventory(of: environment, knowing: [])
    let status = try await records.store.statuses(of: environment)[resource]
    guard inventory[resource] != nil || status != nil else {
      throw OperationError.missing("\(resource) was never applied in \(environment)")
    }
    var description = ResourceDescription(now: records.now())
    description.manifest = inventory[resource].map { context.platform.kinds.manifest(of: $0.resource) }
    description.status = status
    if let status, !status.isReady {
      description.explanation = try await records.store.explain(
        resource, in: environment, now: description.now
      ).0
    }
    description.steps = try await records.store.journal(of: environment, id: resource, limit: 10)
    description.events = try await records.store.events(of: environment, id: resource, limit: 10)
    return description
  }
}

package struct ResourceDescription: JSONRepresentable {
  package let now: Timestamp
  /// The manifest that was applied last; nil if the resource is not applied.
  package var manifest: String?
  package var status: ResourceStatus?
  /// Nil if the resource is ready.
  package var explanation: Explanation?
  /// Newest first.
  package var steps: [JournalEntry] = []
  /// Newest first.
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
