internal import Model
internal import Postgres
internal import Reconciling

/// A resource as text in a column, and back.
enum StoredDocument {

  /// JSON without the id, which has a column of its own.
  static func text(of resource: AnyResource) -> String {
    Value.members([
      "labels": .object(resource.metadata.labels.mapValues { .string($0) }),
      "annotations": .object(resource.metadata.annotations.mapValues { .string($0) }),
      "mode": .string(resource.metadata.mode.rawValue),
      "references": .array(
        resource.references.map {
          .members(["target": .string($0.target.description), "path": .string($0.path)])
        }),
      "spec": resource.spec.value,
    ]).json
  }

  /// Nil when the text is not a document. A spec that its kind cannot read becomes a plain value, which can
  /// be shown and replaced but not applied.
  static func resource(
    _ id: ResourceID, digest: Digest, text: String, revive: (ResourceID, Value) -> (any ResourceSpec)?
  ) -> AnyResource? {
    guard let document = try? Value(json: text), let spec = document["spec"] else { return nil }
    let metadata = Metadata(
      labels: strings(document["labels"]), annotations: strings(document["annotations"]),
      mode: document["mode"].flatMap { ReconcileMode(rawValue: $0.plainText) } ?? .enforce)
    return AnyResource(
      id: id, metadata: metadata, spec: revive(id, spec) ?? UnreadableSpec(value: spec),
      references: references(document["references"]), location: nil, digest: digest)
  }

  private static func strings(_ value: Value?) -> [String: String] {
    guard case .object(let members)? = value else { return [:] }
    return Dictionary(members.map { ($0.key, $0.value.plainText) }, uniquingKeysWith: { first, _ in first })
  }

  private static func references(_ value: Value?) -> [Reference] {
    guard case .array(let elements)? = value else { return [] }
    return elements.compactMap { element in
      guard let target = element["target"].flatMap({ ResourceID($0.plainText) }) else { return nil }
      return Reference(target: target, path: element["path"]?.plainText ?? "", location: nil)
    }
  }
}

/// A stored spec whose kind is unknown or has changed.
private struct UnreadableSpec: ResourceSpec {
  let value: Value
}

/// A row with a document.
struct DocumentRow {
  private let name: String
  private let digest: String
  private let text: String

  /// - Parameter digest: The column of the document's digest.
  init(_ row: Row, digest: Row.Column) throws(PostgresError) {
    name = try row.text("resource")
    self.digest = try row.text(digest)
    text = try row.text("document")
  }

  func resource(_ revive: (ResourceID, Value) -> (any ResourceSpec)?) throws(StoreError) -> AnyResource {
    guard let id = ResourceID(name), let digest = Digest(hex: digest),
      let resource = StoredDocument.resource(id, digest: digest, text: text, revive: revive)
    else { throw .unreadable("a document of \(name)") }
    return resource
  }
}
