package import Gateway
import KindSupport
import Manifests
package import Model
import Reconciling

/// What is there, as manifests: `export`.
package struct ExportQuery: Query {
  package static let operation = QueryOperation(
    .get, "export", name: "exportManifests",
    "What is there as manifests that change nothing. Looks at the world, and changes nothing.",
    parameters: [
      .environment,
      APIParameter("subject", .query, "A kind, or Kind/name.", schema: WireSchema.text(1...400)),
    ],
    answer: (
      "A manifest for each resource, and what no manifest can say.",
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

  package func answer(in session: Session) async throws -> ExportedManifests {
    let name = try session.environment(named: environment)
    let desired = try await session.newestState(of: name)
    let export = LiveExport(session.platform.kinds, desired, try await session.engine.prepare(desired))
    let chosen = export.resources.filter { matches($0.id) }
    if chosen.isEmpty, let subject {
      throw OperationError.missing("nothing in \(name) is called ‘\(subject)’, or it is not there")
    }
    var exported = ExportedManifests()
    for resource in chosen {
      exported.manifests.append((resource.id, session.platform.kinds.briefManifest(of: resource)))
      guard let settings = (resource.spec as? any EnvironmentProviding)?.environmentSettings else { continue }
      exported.variableFiles += settings.variableFiles
    }
    exported.remarks = export.remarks.filter { matches($0.id) }.map {
      ExportedManifests.Remark(id: $0.id, note: $0.note, isUnseen: $0.isUnknown)
    }
    return exported
  }

  private func matches(_ id: ResourceID) -> Bool {
    guard let subject else { return true }
    return subject.contains("/") ? id.description == subject : id.kind == subject
  }
}

package struct ExportedManifests: JSONRepresentable {
  package struct Remark: Hashable, Sendable {
    package let id: ResourceID
    package let note: String
    /// It could not be looked at.
    package let isUnseen: Bool
  }

  /// Sorted by id.
  package var manifests: [(id: ResourceID, text: String)] = []
  /// Files that the environment's manifest mentions, and whose variables are replaced already.
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
