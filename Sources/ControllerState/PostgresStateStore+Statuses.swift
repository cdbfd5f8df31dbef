package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func save(_ changes: StatusChanges, in environment: String) async throws(StoreError) {
    var statements = fence(changes.ids, in: environment)
    if !changes.applied.isEmpty {
      statements.append(
        saveInventory(changes.applied, environment, revision: changes.revision, isApplied: true))
    }
    if !changes.identities.isEmpty {
      statements.append(IdentityRows.saving(changes.identities, in: environment))
    }
    if !changes.statuses.isEmpty { statements.append(save(changes.statuses, environment)) }
    if !changes.removed.isEmpty { statements += delete(changes.removed, environment) }
    if !changes.events.isEmpty { statements.append(insert(changes.events, environment)) }
    if let notification = changes.notification { statements += notify(notification, in: environment) }
    statements += settle(changes, in: environment)
    guard !statements.isEmpty else { return }
    _ = try await transaction(statements)
  }

  private func save(_ statuses: [ResourceStatus], _ environment: String) -> Statement {
    Statement(
      StateSQL.saveStatuses,
      [
        .text(environment), .textArray(statuses.map(\.id.description)), .intArray(statuses.map(\.revision)),
        .textArray(statuses.map(\.mode.rawValue)), .intArray(statuses.map { Int64($0.failures) }),
        .array(statuses.map { .optional($0.nextAttempt, SQLValue.timestamp) }),
        .textArray(statuses.map { StoredConditions.text(of: $0.conditions) }),
      ])
  }

  private func delete(_ ids: [ResourceID], _ environment: String) -> [Statement] {
    let names = SQLValue.textArray(ids.map(\.description))
    return ["inventory", "resource_status", "data_identities"].map { table in
      Statement(
        "DELETE FROM \(table) WHERE environment = $1 AND resource = ANY ($2)", [.text(environment), names])
    }
  }

  func insert(_ events: [Event], _ environment: String) -> Statement {
    Statement(
      StateSQL.insertEvents,
      [
        .text(environment), .array(events.map { .optional($0.id?.description, SQLValue.text) }),
        .array(events.map { .timestamp($0.at) }), .array(events.map { .bool($0.isWarning) }),
        .textArray(events.map(\.reason.rawValue)), .textArray(events.map(\.message)),
        .intArray(events.map(\.revision)),
      ])
  }

  package func statuses(of environment: String) async throws(StoreError) -> [ResourceID: ResourceStatus] {
    try await statuses(StateSQL.statuses, [.text(environment)])
  }

  package func statuses(of environment: String, ids: Set<ResourceID>) async throws(StoreError)
    -> [ResourceID: ResourceStatus]
  {
    guard !ids.isEmpty else { return [:] }
    return try await statuses(
      StateSQL.statusesOfResources, [.text(environment), .textArray(ids.map(\.description))])
  }

  private func statuses(_ sql: String, _ parameters: [SQLValue]) async throws(StoreError)
    -> [ResourceID: ResourceStatus]
  {
    let statuses = try await rows(sql, parameters) { row throws(PostgresError) -> ResourceStatus? in
      guard let id = ResourceID(try row.text("resource")) else { return nil }
      return ResourceStatus(
        id: id, revision: try row.int("revision"),
        conditions: StoredConditions.conditions(try row.text("conditions")),
        failures: Int(try row.int("failures")), nextAttempt: try row.optionalTimestamp("next_attempt"),
        mode: ReconcileMode(rawValue: try row.text("mode")) ?? .enforce)
    }
    return Dictionary(statuses.compactMap { $0 }.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package func strayStatuses(of environment: String) async throws(StoreError) -> Set<ResourceID> {
    try await resources(StateSQL.strayStatuses, [.text(environment)])
  }

  package func events(of environment: String, id: ResourceID?, limit: Int) async throws(StoreError) -> [Event]
  {
    try await rows(
      StateSQL.events,
      [.text(environment), .optional(id?.description, SQLValue.text), .int(Int64(limit))]
    ) { row throws(PostgresError) in
      Event(
        at: try row.timestamp("at"), id: try row.optionalText("resource").flatMap { ResourceID($0) },
        isWarning: try row.bool("is_warning"), reason: EventReason(rawValue: try row.text("reason")),
        message: try row.text("message"), revision: try row.int("revision"))
    }
  }
}
