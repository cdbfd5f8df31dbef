package import Gateway
import KindSupport
package import Model
package import Reconciling

/// Lists the status of resources: `get`.
package struct ResourcesQuery: Query {
  package static let operation = QueryOperation(
    .get, "resources", name: "listResources", "List the status of resources, by ID.",
    parameters: [
      .environment,
      ResourceSubject.parameter,
      APIParameter(
        "manifests", .query, "Include the applied manifest of each resource, as YAML.",
        schema: WireSchema.word(["true", "false"])),
    ],
    answer: (
      "The resources of the subject; all without a subject.",
      WireSchema.object(
        ["now": WireSchema.time, "resources": WireSchema.list(WireSchema.status)],
        optional: ["pendingRemovals": WireSchema.list(WireSchema.pendingRemoval)])
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

  package func answer(in context: ManifestsContext) async throws -> ResourceList {
    let records = context.records
    let environment = try await records.environments.resolve(environment)
    let all = try await records.store.statuses(of: environment)
    let statuses = all.values.filter { ResourceSubject.matches(subject, $0.id) }.sorted { $0.id < $1.id }
    if statuses.isEmpty, let subject {
      let names = all.keys.sorted().map(\.description).joined(separator: ", ")
      throw OperationError.missing(
        "nothing in \(environment) is named ‘\(subject)’; "
          + (names.isEmpty ? "it has no resources yet" : "its resources are \(names)"))
    }
    var list = ResourceList(now: records.now(), statuses: statuses)
    list.pendingRemovals = try await records.store.pendingRemovals(of: environment)
    if withManifests {
      let inventory = try await records.store.inventory(of: environment, knowing: [])
      let kinds = context.platform.kinds
      for status in statuses {
        list.manifests[status.id] = inventory[status.id].map { kinds.manifest(of: $0.resource) }
      }
    }
    return list
  }

}

package struct ResourceList: Sendable {
  package let now: Timestamp
  package let statuses: [ResourceStatus]
  /// The manifests of applied resources, if the query asks for them.
  package var manifests: [ResourceID: String] = [:]
  /// The removals that the leading controller waits for, sorted.
  package var pendingRemovals: [PendingRemoval] = []
}

extension ResourceList: JSONRepresentable {
  package var value: Value {
    .members([
      "now": .string(now.description),
      "resources": .array(statuses.map { $0.value.adding("manifest", manifests[$0.id].map(Value.string)) }),
      "pendingRemovals": pendingRemovals.isEmpty ? nil : .array(pendingRemovals.map(\.value)),
    ])
  }

  package init?(_ value: Value) {
    guard let now = value.time(at: "now"), let resources = value.list(at: "resources") else { return nil }
    self.init(now: now, statuses: resources.compactMap { ResourceStatus($0) })
    pendingRemovals = (value.list(at: "pendingRemovals") ?? []).compactMap { PendingRemoval($0) }
    for resource in resources {
      guard let id = resource.id(at: "id"), let manifest = resource.text(at: "manifest") else { continue }
      manifests[id] = manifest
    }
  }
}
