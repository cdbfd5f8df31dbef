package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func inventory(of environment: String, knowing desired: [AnyResource]) async throws(StoreError)
    -> [ResourceID: InventoryEntry]
  {
    let known = Dictionary(desired.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    return try await inventory(
      of: environment, where: "environment = $1", [.text(environment)], known: { known[$0] })
  }

  package func inventory(of environment: String, ids: Set<ResourceID>, knowing desired: DesiredState)
    async throws(StoreError) -> [ResourceID: InventoryEntry]
  {
    guard !ids.isEmpty else { return [:] }
    return try await inventory(
      of: environment, where: "environment = $1 AND resource = ANY ($2)",
      [.text(environment), .textArray(ids.map(\.description))], known: { desired[$0] })
  }

  /// Documents are fetched and parsed only where nothing known has the same digest, and where applying is under
  /// way: then the document also says what the resource was built on before.
  private func inventory(
    of environment: String, where condition: String, _ parameters: [SQLValue],
    known: (ResourceID) -> AnyResource?
  ) async throws(StoreError) -> [ResourceID: InventoryEntry] {
    let heads = try await rows(
      """
      SELECT resource, document_digest, applied_digest IS NOT DISTINCT FROM document_digest
      FROM inventory WHERE \(condition)
      """, parameters
    ) { row throws(PostgresError) in (try row.text(0), try row.text(1), try row.bool(2)) }
    var inventory: [ResourceID: InventoryEntry] = Dictionary(minimumCapacity: heads.count)
    var missing: [String] = []
    for (name, document, isApplied) in heads {
      guard let id = ResourceID(name) else { throw .foreign("a resource called \(name)") }
      if isApplied, let resource = known(id), resource.digest.hex == document {
        inventory[id] = InventoryEntry(id: id, digest: resource.digest, resource: resource)
      } else {
        missing.append(name)
      }
    }
    guard !missing.isEmpty else { return inventory }
    let documents = try await rows(
      """
      SELECT resource, document_digest, applied_digest, document FROM inventory
      WHERE environment = $1 AND resource = ANY ($2)
      """, [.text(environment), .textArray(missing)]
    ) { row throws(PostgresError) in
      (try row.text(0), try row.text(1), try row.optionalText(2), try row.text(3))
    }
    for (name, hex, applied, text) in documents {
      guard let id = ResourceID(name), let digest = Digest(hex: hex),
        let resource = StoredDocument.resource(id, digest: digest, text: text, revive: revive)
      else { throw .foreign("a document of \(name)") }
      inventory[id] = InventoryEntry(id: id, digest: applied.flatMap(Digest.init(hex:)), resource: resource)
    }
    return inventory
  }

  package func claim(_ resources: [AnyResource], in environment: String, revision: Int64)
    async throws(StoreError)
  {
    _ = try await transaction(
      fence(resources.map(\.id), in: environment, revision: revision)
        + [upsert(resources, environment, revision: revision, isApplied: false)])
  }

  package func disclaim(_ ids: [ResourceID], in environment: String, revision: Int64)
    async throws(StoreError)
  {
    _ = try await transaction(
      fence(ids, in: environment, revision: revision) + [
        Statement(
          "UPDATE inventory SET applied_digest = NULL WHERE environment = $1 AND resource = ANY ($2)",
          [.text(environment), .textArray(ids.map(\.description))])
      ])
  }

  /// Writes documents; `isApplied` also says that each is in the world exactly so.
  private func upsert(_ resources: [AnyResource], _ environment: String, revision: Int64, isApplied: Bool)
    -> Statement
  {
    let applied = isApplied ? "EXCLUDED.applied_digest" : "inventory.applied_digest"
    return Statement(
      """
      INSERT INTO inventory (environment, revision, resource, document_digest, applied_digest, document)
      SELECT $1, $2::bigint, resource, digest, CASE WHEN $3::boolean THEN digest END, document
      FROM unnest($4::text[], $5::text[], $6::text[]) AS given (resource, digest, document)
      ON CONFLICT (environment, resource) DO UPDATE SET
        revision = EXCLUDED.revision, document_digest = EXCLUDED.document_digest,
        applied_digest = \(applied), document = EXCLUDED.document
      """,
      [
        .text(environment), .int(revision), .bool(isApplied), .textArray(resources.map(\.id.description)),
        .textArray(resources.map(\.digest.hex)), .textArray(resources.map(StoredDocument.text)),
      ])
  }

  package func save(_ changes: StatusChanges, in environment: String) async throws(StoreError) {
    var statements = fence(changes.ids, in: environment)
    if !changes.applied.isEmpty {
      statements.append(upsert(changes.applied, environment, revision: changes.revision, isApplied: true))
    }
    if !changes.statuses.isEmpty { statements.append(upsert(changes.statuses, environment)) }
    if !changes.removed.isEmpty {
      let names = SQLValue.textArray(changes.removed.map(\.description))
      for table in ["inventory", "resource_status"] {
        statements.append(
          Statement(
            "DELETE FROM \(table) WHERE environment = $1 AND resource = ANY ($2)",
            [.text(environment), names]))
      }
    }
    if !changes.events.isEmpty { statements.append(insert(changes.events, environment)) }
    if let notification = changes.notification {
      statements += notify(notification, in: environment)
    }
    guard !statements.isEmpty else { return }
    _ = try await transaction(statements)
  }

  private func upsert(_ statuses: [ResourceStatus], _ environment: String) -> Statement {
    Statement(
      """
      INSERT INTO resource_status (environment, resource, revision, mode, failures, next_attempt, conditions)
      SELECT $1, * FROM unnest($2::text[], $3::bigint[], $4::text[], $5::int[], $6::timestamptz[], $7::text[])
      ON CONFLICT (environment, resource) DO UPDATE SET
        revision = EXCLUDED.revision, mode = EXCLUDED.mode, failures = EXCLUDED.failures,
        next_attempt = EXCLUDED.next_attempt, conditions = EXCLUDED.conditions
      """,
      [
        .text(environment), .textArray(statuses.map(\.id.description)), .intArray(statuses.map(\.revision)),
        .textArray(statuses.map(\.mode.rawValue)), .intArray(statuses.map { Int64($0.failures) }),
        .array(statuses.map { .optional($0.nextAttempt, SQLValue.timestamp) }),
        .textArray(statuses.map { StoredConditions.text(of: $0.conditions) }),
      ])
  }

  private func insert(_ events: [Event], _ environment: String) -> Statement {
    Statement(
      """
      INSERT INTO events (environment, resource, at, is_warning, reason, message, revision)
      SELECT $1, * FROM unnest($2::text[], $3::timestamptz[], $4::boolean[], $5::text[], $6::text[], $7::bigint[])
      """,
      [
        .text(environment), .array(events.map { .optional($0.id?.description, SQLValue.text) }),
        .array(events.map { .timestamp($0.at) }), .array(events.map { .bool($0.isWarning) }),
        .textArray(events.map(\.reason.rawValue)), .textArray(events.map(\.message)),
        .intArray(events.map(\.revision)),
      ])
  }
}
