package import Model
internal import Postgres
package import Reconciling

extension PostgresStateStore {
  package func inventory(of environment: String, knowing desired: [AnyResource]) async throws(StoreError)
    -> [ResourceID: InventoryEntry]
  {
    let known = Dictionary(desired.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let heads = try await heads(StateSQL.inventoryHeads, [.text(environment)])
    return try await inventory(of: environment, heads, known: { known[$0] })
  }

  package func inventory(of environment: String, ids: Set<ResourceID>, knowing desired: DesiredState)
    async throws(StoreError) -> [ResourceID: InventoryEntry]
  {
    guard !ids.isEmpty else { return [:] }
    let heads = try await heads(
      StateSQL.inventoryHeadsOfResources, [.text(environment), .textArray(ids.map(\.description))])
    return try await inventory(of: environment, heads, known: { desired[$0] })
  }

  private struct InventoryHead {
    let name: String
    let documentDigest: String
    /// Whether the document is applied.
    let isApplied: Bool
  }

  private func heads(_ sql: String, _ parameters: [SQLValue]) async throws(StoreError) -> [InventoryHead] {
    try await rows(sql, parameters) { row throws(PostgresError) in
      InventoryHead(
        name: try row.text("resource"), documentDigest: try row.text("document_digest"),
        isApplied: try row.bool("is_applied"))
    }
  }

  /// Reads documents only where no known resource has the same digest, and where the resource is being
  /// applied: then the document also states what the resource was built on before.
  private func inventory(
    of environment: String, _ heads: [InventoryHead], known: (ResourceID) -> AnyResource?
  ) async throws(StoreError) -> [ResourceID: InventoryEntry] {
    var inventory: [ResourceID: InventoryEntry] = Dictionary(minimumCapacity: heads.count)
    var missing: [String] = []
    for head in heads {
      guard let id = ResourceID(head.name) else { throw .unreadable("a resource called \(head.name)") }
      if head.isApplied, let resource = known(id), resource.digest.hex == head.documentDigest {
        inventory[id] = InventoryEntry(id: id, digest: resource.digest, resource: resource)
      } else {
        missing.append(head.name)
      }
    }
    guard !missing.isEmpty else { return inventory }
    let documents = try await rows(
      StateSQL.inventoryDocuments, [.text(environment), .textArray(missing)]
    ) { row throws(PostgresError) in
      (
        document: try DocumentRow(row, digest: "document_digest"),
        applied: try row.optionalText("applied_digest")
      )
    }
    for (document, applied) in documents {
      let resource = try document.resource(revive)
      inventory[resource.id] = InventoryEntry(
        id: resource.id, digest: applied.flatMap(Digest.init(hex:)), resource: resource)
    }
    return inventory
  }

  package func disclaim(_ ids: [ResourceID], in environment: String, revision: Int64, at time: Timestamp)
    async throws(StoreError)
  {
    let names = SQLValue.textArray(ids.map(\.description))
    _ = try await transaction(
      fence(ids, in: environment, revision: revision) + [
        Statement(
          "UPDATE inventory SET applied_digest = NULL WHERE environment = $1 AND resource = ANY ($2)",
          [.text(environment), names]),
        Statement(StateSQL.leaveClaims, [.text(environment), names, .timestamp(time)]),
      ])
  }

  /// - Parameter isApplied: Whether the outside system matches each document.
  func saveInventory(_ resources: [AnyResource], _ environment: String, revision: Int64, isApplied: Bool)
    -> Statement
  {
    Statement(
      StateSQL.saveInventory,
      [
        .text(environment), .int(revision), .bool(isApplied), .textArray(resources.map(\.id.description)),
        .textArray(resources.map(\.digest.hex)), .textArray(resources.map(StoredDocument.text)),
      ])
  }
}
