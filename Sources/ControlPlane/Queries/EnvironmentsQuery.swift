package import Gateway
package import Model
import Reconciling

/// Lists environments with their newest revision and readiness: `environments list`.
package struct EnvironmentsQuery: Query {
  package static let operation = QueryOperation(
    .get, "environments", name: "listEnvironments", "Environments that have a revision, by name.",
    answer: (
      "All of them.",
      WireSchema.object([
        "now": WireSchema.time,
        "environments": WireSchema.list(
          WireSchema.object([
            "name": WireSchema.name, "newest": WireSchema.revision, "resources": WireSchema.integer,
            "ready": WireSchema.integer,
          ])),
      ])
    ))

  package init() {}
  package init(_ request: APIRequest) {}
  package var parameters: [String: String] { [:] }

  package func answer(in context: RecordsContext) async throws -> RecordList<EnvironmentSummary> {
    var summaries: [EnvironmentSummary] = []
    for name in try await context.environments.all() {
      guard let newest = try await context.store.latestRevision(of: name) else { continue }
      let statuses = try await context.store.statuses(of: name)
      summaries.append(
        EnvironmentSummary(
          name: name, newest: newest, resources: statuses.count,
          ready: statuses.values.count(where: \.isReady)))
    }
    return RecordList(now: context.now(), records: summaries)
  }
}

/// An environment with its newest revision and readiness.
package struct EnvironmentSummary: Sendable {
  package let name: String
  package let newest: Revision
  /// The number of resources with a status.
  package let resources: Int
  package let ready: Int
}

extension EnvironmentSummary: ListedRecord {
  package static var listName: String { "environments" }

  package var value: Value {
    .members([
      "name": .string(name), "newest": newest.value, "resources": .integer(Int64(resources)),
      "ready": .integer(Int64(ready)),
    ])
  }

  package init?(_ value: Value) {
    guard let name = value.text(at: "name"), let newest = value["newest"].flatMap({ Revision($0) }),
      let resources = value.integer(at: "resources"), let ready = value.integer(at: "ready")
    else { return nil }
    self.init(name: name, newest: newest, resources: Int(clamping: resources), ready: Int(clamping: ready))
  }
}
