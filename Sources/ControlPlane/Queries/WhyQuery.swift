package import Gateway
package import Model
package import Reconciling

/// Why a resource is as it is: `why`.
package struct WhyQuery: Query {
  package static let operation = QueryOperation(
    .get, "resources/{kind}/{name}/why", name: "explainResource",
    "Why a resource is as it is, what happens next and what can be done.",
    parameters: [.kind, .name, .environment],
    answer: (
      "The chain of causes, as ‘why -o json’ prints it, with the headlines of its resources and the root’s events.",
      WireSchema.object([
        "resource": WireSchema.resource, "ready": WireSchema.flag, "chain": WireSchema.list(WireSchema.any),
        "root": WireSchema.any, "next": WireSchema.any, "advice": WireSchema.list(WireSchema.text),
        "now": WireSchema.time,
        "headlines": WireSchema.any, "events": WireSchema.list(WireSchema.event),
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

  package func answer(in session: Session) async throws -> Answer {
    let environment = try session.environment(named: environment)
    let (explanation, situation) = try await session.explain(resource, in: environment)
    guard explanation.root.cause != .missing || explanation.chain.count > 1 else {
      throw OperationError.missing("\(resource) was never applied in \(environment)")
    }
    let headlines = explanation.chain.compactMap { link in
      situation.statuses[link.id]?.headline.map { (link.id, $0.type.rawValue) }
    }
    return Answer(
      explanation: explanation, now: situation.now,
      headlines: Dictionary(headlines, uniquingKeysWith: { first, _ in first }), events: situation.events)
  }

  package struct Answer: JSONRepresentable {
    package let explanation: Explanation
    package let now: Timestamp
    /// The condition that says most, of each resource of the chain that anybody has looked at.
    package let headlines: [ResourceID: String]
    /// What happened to the root cause, newest first.
    package let events: [Event]

    package init(explanation: Explanation, now: Timestamp, headlines: [ResourceID: String], events: [Event]) {
      self.explanation = explanation
      self.now = now
      self.headlines = headlines
      self.events = events
    }

    package var value: Value {
      let words = headlines.map { ($0.key.description, Value.string($0.value)) }
      return explanation.value(now: now).adding("now", .string(now.description))
        .adding("headlines", .object(Dictionary(words, uniquingKeysWith: { first, _ in first })))
        .adding("events", .array(events.map(\.value)))
    }

    package init?(_ value: Value) {
      guard let explanation = Explanation(value), let now = value.time(at: "now"),
        case .object(let words)? = value["headlines"], let events = value.list(at: "events", of: Event.self)
      else { return nil }
      let headlines = words.compactMap { word in ResourceID(word.key).map { ($0, word.value.plainText) } }
      self.init(
        explanation: explanation, now: now,
        headlines: Dictionary(headlines, uniquingKeysWith: { first, _ in first }), events: events)
    }
  }
}

extension Session {
  /// Why a resource is as it is, with what that follows from.
  package func explain(_ id: ResourceID, in environment: String) async throws(StoreError) -> (
    Explanation, StatusSnapshot
  ) {
    let latest = try await store.latestRevision(of: environment)?.number ?? 0
    var situation = StatusSnapshot(
      now: engine.time.now(), statuses: try await store.statuses(of: environment),
      desired: try await store.desiredState(of: environment, at: latest), revision: latest)
    let digests = Dictionary(
      try await store.quarantines(of: environment).map { ($0.digest, $0.reason) },
      uniquingKeysWith: { first, _ in first })
    if let newest = try await store.latestRevision(of: environment) {
      situation.quarantined[newest.number] = digests[newest.manifestDigest]
    }
    situation.journal = try await store.journal(of: environment, id: id, limit: 10)
    let (leases, now) = try await store.leases(of: environment)
    situation.holder = leases.holder(of: id, now: now)?.description
    let root = Explanation(of: id, in: situation).root.id
    if root != id { situation.journal += try await store.journal(of: environment, id: root, limit: 10) }
    situation.events = try await store.events(of: environment, id: root, limit: 5)
    return (Explanation(of: id, in: situation), situation)
  }
}
