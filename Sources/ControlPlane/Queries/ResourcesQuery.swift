package import Gateway
import KindSupport
package import Model
package import Reconciling

/// How resources are: `get`.
package struct ResourcesQuery: Query {
  package static let operation = QueryOperation(
    .get, "resources", name: "listResources", "How resources are, by id.",
    parameters: [
      .environment,
      APIParameter("subject", .query, "A kind, or Kind/name.", schema: WireSchema.text(1...400)),
      APIParameter(
        "manifests", .query, "With each resource’s manifest as last applied, as YAML.",
        schema: WireSchema.word(["true", "false"])),
    ],
    answer: (
      "Those that the subject names; all where there is none.",
      WireSchema.object(["now": WireSchema.time, "resources": WireSchema.list(WireSchema.status)])
    ))

  package let environment: String?
  package let subject: String?
  package let withManifests: Bool

  package init(environment: String?, subject: String?, withManifests: Bool) {
    self.environment = environment
    self.subject = subject
    self.withManifests = withManifests
  }

  package init(_ request: APIRequest) {
    self.init(
      environment: request.parameters["environment"], subject: request.parameters["subject"],
      withManifests: request.parameters["manifests"] == "true")
  }

  package var parameters: [String: String] {
    ["environment": environment, "subject": subject, "manifests": withManifests ? "true" : nil]
      .compactMapValues { $0 }
  }

  package func answer(in session: Session) async throws -> ResourceList {
    let environment = try session.environment(named: environment)
    let all = try await session.store.statuses(of: environment)
    let statuses = all.values.filter { matches($0.id) }.sorted { $0.id < $1.id }
    if statuses.isEmpty, let subject {
      let names = all.keys.sorted().map(\.description).joined(separator: ", ")
      throw OperationError.missing(
        "nothing in \(environment) is called ‘\(subject)’; there \(names.isEmpty ? "is nothing yet" : "are \(names)")"
      )
    }
    var list = ResourceList(now: session.engine.time.now(), statuses: statuses)
    if withManifests {
      let inventory = try await session.store.inventory(of: environment, knowing: [])
      let kinds = session.platform.kinds
      for status in statuses {
        list.manifests[status.id] = inventory[status.id].map { kinds.manifest(of: $0.resource) }
      }
    }
    return list
  }

  private func matches(_ id: ResourceID) -> Bool {
    guard let subject else { return true }
    return subject.contains("/") ? id.description == subject : id.kind == subject
  }
}

package struct ResourceList: JSONRepresentable {
  package let now: Timestamp
  package let statuses: [ResourceStatus]
  /// Of those that are applied, where they were asked for.
  package var manifests: [ResourceID: String] = [:]

  package init(now: Timestamp, statuses: [ResourceStatus]) {
    self.now = now
    self.statuses = statuses
  }

  package var value: Value {
    .members([
      "now": .string(now.description),
      "resources": .array(statuses.map { $0.value.adding("manifest", manifests[$0.id].map(Value.string)) }),
    ])
  }

  package init?(_ value: Value) {
    guard let now = value.time(at: "now"), let resources = value.list(at: "resources") else { return nil }
    self.init(now: now, statuses: resources.compactMap { ResourceStatus($0) })
    for resource in resources {
      guard let id = resource.id(at: "id"), let manifest = resource.text(at: "manifest") else { continue }
      manifests[id] = manifest
    }
  }
}
