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

  package func answer(in context: RecordsContext) async throws -> EnvironmentList {
    var list = EnvironmentList(now: context.now(), environments: [])
    for name in try await context.environments.all() {
      guard let newest = try await context.store.latestRevision(of: name) else { continue }
      let statuses = try await context.store.statuses(of: name)
      list.environments.append(
        EnvironmentList.Entry(
          name: name, newest: newest, resources: statuses.count,
          ready: statuses.values.count(where: \.isReady)))
    }
    return list
  }
}

package struct EnvironmentList: JSONRepresentable {
  package struct Entry: JSONRepresentable {
    package let name: String
    package let newest: Revision
    /// The number of resources with a status.
    package let resources: Int
    package let ready: Int

    package init(name: String, newest: Revision, resources: Int, ready: Int) {
      self.name = name
      self.newest = newest
      self.resources = resources
      self.ready = ready
    }

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

  package let now: Timestamp
  package var environments: [Entry]

  package init(now: Timestamp, environments: [Entry]) {
    self.now = now
    self.environments = environments
  }

  package var value: Value {
    .members(["now": .string(now.description), "environments": .array(environments.map(\.value))])
  }

  package init?(_ value: Value) {
    guard let now = value.time(at: "now"), let environments = value.list(at: "environments", of: Entry.self)
    else { return nil }
    self.init(now: now, environments: environments)
  }
}
