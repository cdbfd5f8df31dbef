package import Gateway
package import Model
package import Reconciling

/// Explains the status of a resource: `why`.
package struct WhyQuery: Query {
  package static let operation = QueryOperation(
    .get, "resources/{kind}/{name}/why", name: "explainResource",
    "Explain the status of a resource, the next action of the controller and what an operator can do.",
    parameters: ResourceTarget.apiParameters,
    answer: (
      "The chain of causes, as ‘why -o json’ prints it, with the headline of each resource and the events "
        + "of the root, and the jobs that a running step waits for.",
      WireSchema.object([
        "resource": WireSchema.resource, "ready": WireSchema.flag, "chain": WireSchema.list(WireSchema.any),
        "root": WireSchema.any, "next": WireSchema.any, "drains": WireSchema.list(WireSchema.any),
        "advice": WireSchema.list(WireSchema.text),
        "now": WireSchema.time,
        "headlines": WireSchema.any, "events": WireSchema.list(WireSchema.event),
      ])
    ))

  package let target: ResourceTarget

  package init(_ target: ResourceTarget) { self.target = target }
  package init(_ request: APIRequest) { self.init(ResourceTarget(request)) }
  package var parameters: [String: String] { target.parameters }

  package func answer(in explaining: ExplanationContext) async throws -> Answer {
    let context = explaining.records
    let environment = try await context.environments.resolve(target.environment)
    let resource = target.resource
    let (explanation, snapshot) = try await context.store.explain(
      resource, in: environment, now: context.now())
    guard explanation.root.cause != .missing || explanation.chain.count > 1 else {
      throw OperationError.missing("\(resource) was never applied in \(environment)")
    }
    let headlines = explanation.chain.compactMap { link in
      snapshot.statuses[link.id]?.headline.map { (link.id, $0.type.rawValue) }
    }
    return Answer(
      explanation: explanation, now: snapshot.now,
      headlines: Dictionary(headlines, uniquingKeysWith: { first, _ in first }), events: snapshot.events,
      drains: try await explaining.drains(of: explanation, in: environment))
  }

  package struct Answer: Sendable {
    package let explanation: Explanation
    package let now: Timestamp
    /// The most important condition of each resource of the chain that has a status.
    package let headlines: [ResourceID: String]
    /// The events of the root cause, newest first.
    package let events: [Event]
    /// The jobs that a running step waits for.
    package let drains: [RunningDrain]
  }
}

extension WhyQuery.Answer: JSONRepresentable {
  package var value: Value {
    let members = headlines.map { ($0.key.description, Value.string($0.value)) }
    return explanation.value(now: now).adding("now", .string(now.description))
      .adding("headlines", .object(Dictionary(members, uniquingKeysWith: { first, _ in first })))
      .adding("events", .array(events.map(\.value)))
      .adding("drains", .array(drains.map(\.value)))
  }

  package init?(_ value: Value) {
    guard let explanation = Explanation(value), let now = value.time(at: "now"),
      case .object(let members)? = value["headlines"], let events = value.list(at: "events", of: Event.self)
    else { return nil }
    let headlines = members.compactMap { member in
      ResourceID(member.key).map { ($0, member.value.plainText) }
    }
    self.init(
      explanation: explanation, now: now,
      headlines: Dictionary(headlines, uniquingKeysWith: { first, _ in first }), events: events,
      drains: (value.list(at: "drains") ?? []).compactMap(RunningDrain.init))
  }
}
