package import Gateway
import KindSupport
import Manifests
package import Model
import Reconciling

/// Writes observed resources as manifests: `export`.
package struct ExportQuery: Query {
  package static let operation = QueryOperation(
    .get, "export", name: "exportManifests",
    "Write observed resources as manifests. Observes the resources and changes nothing.",
    parameters: [
      .environment,
      ResourceSubject.parameter,
    ],
    answer: (
      "A manifest of each resource, and what manifests cannot express.",
      WireSchema.object([
        "manifests": WireSchema.list(
          WireSchema.object(["id": WireSchema.resource, "manifest": WireSchema.text])),
        "variableFiles": WireSchema.list(WireSchema.text),
        "remarks": WireSchema.list(
          WireSchema.object(["id": WireSchema.resource, "note": WireSchema.text, "unseen": WireSchema.flag])),
      ])
    ))

  package let environment: String?
  package let subject: String?

  package init(environment: String?, subject: String?) {
    self.environment = environment
    self.subject = subject
  }

  package init(_ request: APIRequest) {
    self.init(environment: request.parameters["environment"], subject: request.parameters["subject"])
  }

  package var parameters: [String: String] {
    ["environment": environment, "subject": subject].compactMapValues { $0 }
  }

  package func answer(in context: PlanningContext) async throws -> ExportedManifests {
    let name = try await context.environments.resolve(environment)
    let desired = try await context.store.newestState(of: name)
    let export = LiveExport(context.platform.kinds, desired, try await context.engine.prepare(desired))
    let chosen = export.resources.filter { ResourceSubject.matches(subject, $0.id) }
    if chosen.isEmpty, let subject {
      throw OperationError.missing("nothing in \(name) is named ‘\(subject)’, or it does not exist")
    }
    var exported = ExportedManifests()
    for resource in chosen {
      exported.manifests.append((resource.id, context.platform.kinds.briefManifest(of: resource)))
      guard let settings = (resource.spec as? any EnvironmentProviding)?.environmentSettings else { continue }
      exported.variableFiles += settings.variableFiles
    }
    exported.remarks = export.remarks.filter { ResourceSubject.matches(subject, $0.id) }.map {
      ExportedManifests.Remark(id: $0.id, note: $0.note, isUnseen: $0.isUnknown)
    }
    return exported
  }
}

package struct ExportedManifests: JSONRepresentable {
  package struct Remark: Hashable, Sendable {
    package let id: ResourceID
    package let note: String
    /// Whether the observation of the resource failed.
    package let isUnseen: Bool
  }

  /// Sorted by ID.
  package var manifests: [(id: ResourceID, text: String)] = []
  /// Files with variables that the environment references. The exported manifests contain the values.
  package var variableFiles: [String] = []
  package var remarks: [Remark] = []

  package init() {}

  package var value: Value {
    .members([
      "manifests": .array(
        manifests.map { .members(["id": .string($0.id.description), "manifest": .string($0.text)]) }),
      "variableFiles": .array(variableFiles.map(Value.string)),
      "remarks": .array(
        remarks.map {
          .members([
            "id": .string($0.id.description), "note": .string($0.note), "unseen": .bool($0.isUnseen),
          ])
        }),
    ])
  }

  package init?(_ value: Value) {
    guard let manifests = value.list(at: "manifests"), let remarks = value.list(at: "remarks") else {
      return nil
    }
    for manifest in manifests {
      guard let id = manifest.id(at: "id"), let text = manifest.text(at: "manifest") else { return nil }
      self.manifests.append((id, text))
    }
    variableFiles = (value.list(at: "variableFiles") ?? []).map(\.plainText)
    self.remarks = remarks.compactMap { remark in
      guard let id = remark.id(at: "id"), let note = remark.text(at: "note") else { return nil }
      return Remark(id: id, note: note, isUnseen: remark.flag(at: "unseen") ?? false)
    }
  }
}
