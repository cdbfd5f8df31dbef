internal import Model

/// A resource as text in a column, and back.
struct StoredDocument {
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

  /// Nil when the text is none of ours. A spec that the kind no longer understands stays as a plain value: it can be
  /// shown and replaced, not acted on.
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

/// A stored spec whose kind is unknown here or has changed since.
private struct UnreadableSpec: ResourceSpec {
  let value: Value
}
