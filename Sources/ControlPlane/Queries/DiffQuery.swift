package import Gateway
package import Manifests
package import Model
package import Reconciling

/// Compares manifests with the newest revision: `diff`.
package struct DiffQuery: Query {
  package static let operation = QueryOperation(
    .post, "diff", name: "diffManifests", "Compare manifests with the newest revision, field by field.",
    body: APIBody(schema: BundleSchema.object([:]), maxBytes: BundleSchema.maxBytes),
    answer: (
      "The differences, by ID.",
      WireSchema.object([
        "changes": WireSchema.list(
          WireSchema.object(
            [
              "id": WireSchema.resource,
              "change": WireSchema.word(ManifestChange.Change.allCases.map(\.rawValue)),
            ],
            optional: ["fields": WireSchema.list(WireSchema.any)])),
        "warnings": WireSchema.list(WireSchema.diagnostic),
      ])
    ))

  package let manifests: ManifestBundle

  package init(_ manifests: ManifestBundle) { self.manifests = manifests }
  package init(_ request: APIRequest) throws { self.init(try (request.body ?? .null).manifests()) }
  package var parameters: [String: String] { [:] }
  package var body: Value? { .members(["manifests": manifests.value]) }

  package func answer(in context: ManifestsContext) async throws -> ManifestChanges {
    let loaded = try context.platform.load(manifests)
    var changes = try await DiffQuery.changes(of: loaded.desired, in: context.records.store)
    changes.warnings = loaded.warnings
    return changes
  }

  /// The differences of loaded manifests from the newest revision.
  package static func changes(of desired: DesiredState, in store: any StateStore) async throws
    -> ManifestChanges
  {
    guard let newest = try await store.latestRevision(of: desired.environment),
      let applied = try await store.desiredState(of: desired.environment, at: newest.number)
    else {
      return ManifestChanges(changes: desired.resources.map { ManifestChange(id: $0.id, change: .added) })
    }
    var changes: [ManifestChange] = []
    for id in Set(desired.resources.map(\.id)).union(applied.resources.map(\.id)).sorted() {
      switch (applied[id], desired[id]) {
      case (nil, _): changes.append(ManifestChange(id: id, change: .added))
      case (_, nil): changes.append(ManifestChange(id: id, change: .removed))
      case (let old?, let new?):
        let fields = FieldChange.between(old.diffValue, new.diffValue)
        if !fields.isEmpty { changes.append(ManifestChange(id: id, change: .changed, fields: fields)) }
      }
    }
    return ManifestChanges(changes: changes)
  }
}

package struct ManifestChanges: Sendable {
  /// Sorted by ID.
  package let changes: [ManifestChange]
  package var warnings: [Diagnostic] = []
}

/// The difference of one resource from the newest revision.
package struct ManifestChange: Sendable {
  package enum Change: String, CaseIterable, Sendable { case added, removed, changed }

  package let id: ResourceID
  package let change: Change
  /// Empty unless the resource changed.
  package var fields: [FieldChange] = []
}

extension Resource where Spec == any ResourceSpec {
  fileprivate var diffValue: Value {
    .members([
      "metadata": .members([
        "labels": .object(metadata.labels.mapValues { .string($0) }), "mode": .string(metadata.mode.rawValue),
      ]),
      "spec": spec.value,
    ])
  }
}

extension ManifestChange: JSONRepresentable {
  package var value: Value {
    .members([
      "id": .string(id.description), "change": .string(change.rawValue),
      "fields": fields.isEmpty ? nil : .array(fields.map(\.value)),
    ])
  }

  package init?(_ value: Value) {
    guard let id = value.id(at: "id"), let change = value.word(at: "change", of: Change.self) else {
      return nil
    }
    self.init(id: id, change: change, fields: value.list(at: "fields", of: FieldChange.self) ?? [])
  }
}

extension ManifestChanges: JSONRepresentable {
  package var value: Value {
    .members(["changes": .array(changes.map(\.value)), "warnings": .array(warnings.map(\.value))])
  }

  package init?(_ value: Value) {
    guard let changes = value.list(at: "changes", of: ManifestChange.self) else { return nil }
    self.init(changes: changes)
    warnings = value.list(at: "warnings", of: Diagnostic.self) ?? []
  }
}
