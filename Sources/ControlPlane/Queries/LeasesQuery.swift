package import Gateway
package import Model
package import Reconciling

/// Lists the controllers of an environment and their leases: `leases`.
package struct LeasesQuery: Query {
  package static let operation = QueryOperation(
    .get, "leases", name: "listLeases", "List the controllers of an environment and their leases.",
    parameters: [.environment],
    answer: (
      "The controllers in the order of joining, and the leases of all key ranges.",
      WireSchema.object([
        "environment": WireSchema.name, "now": WireSchema.time, "replicas": WireSchema.list(WireSchema.any),
        "leases": WireSchema.list(WireSchema.any),
      ])
    ))

  package let environment: String?

  package init(environment: String?) { self.environment = environment }
  package init(_ request: APIRequest) { self.init(environment: request.parameters["environment"]) }
  package var parameters: [String: String] { ["environment": environment].compactMapValues { $0 } }

  package func answer(in context: RecordsContext) async throws -> Answer {
    let environment = try await context.environments.resolve(environment)
    let (table, now) = try await context.store.leases(of: environment)
    return Answer(environment: environment, table: table, now: now)
  }

  package struct Answer: Sendable {
    package let environment: String
    package let table: LeaseTable
    package let now: Timestamp
  }
}

extension LeasesQuery.Answer: JSONRepresentable {
  package var value: Value { table.value(now: now).adding("environment", .string(environment)) }

  package init?(_ value: Value) {
    guard let environment = value.text(at: "environment"), let table = LeaseTable(value),
      let now = value.time(at: "now")
    else { return nil }
    self.init(environment: environment, table: table, now: now)
  }
}
