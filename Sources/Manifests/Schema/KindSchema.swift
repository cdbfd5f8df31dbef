package import Model

/// The description of a kind: how its documents are decoded and documented.
package struct KindSchema: Sendable {
  package let kind: String
  /// The shape of `spec`.
  package let shape: Shape
  /// Whether resources of the kind name the environment.
  let providesEnvironment: Bool
  private let decodeSpec: @Sendable (Node, inout ManifestDecoder) -> (any ManifestSpec)?

  package init<Spec: ManifestSpec>(_ type: Spec.Type) {
    kind = Spec.kind
    shape = Spec.shape
    providesEnvironment = Spec.self is any EnvironmentProviding.Type
    decodeSpec = { node, decoder in Spec.decode(node, &decoder) }
  }

  /// A resource from its document, as `AnyResource.document` returns it.
  package func decode(
    _ document: Value, appliesRules: Bool = true
  ) throws(InvalidManifest) -> AnyResource {
    var decoder = ManifestDecoder(appliesRules: appliesRules)
    guard let decoded = decode(Node(document), &decoder) else {
      throw InvalidManifest(diagnostics: decoder.diagnostics)
    }
    return decoded.resource
  }

  /// A resource from a spec in canonical form.
  package func decode(
    spec: Value, id: ResourceID, metadata: Metadata
  ) throws(InvalidManifest) -> AnyResource {
    try decode(AnyResource.document(id: id, metadata: metadata, spec: spec))
  }

  /// A resource from a spec that this release or an earlier one recorded. Rules that became stricter since
  /// do not apply, so that every applied resource can be observed and removed.
  package func decode(
    recorded spec: Value, id: ResourceID
  ) throws(InvalidManifest) -> AnyResource {
    try decode(AnyResource.document(id: id, metadata: Metadata(), spec: spec), appliesRules: false)
  }

  /// A resource and its selectors from a document of this kind; nil after all problems were reported.
  func decode(_ document: Node, _ decoder: inout ManifestDecoder) -> DecodedResource? {
    let firstReference = decoder.references.count
    let envelope = Envelope.decode(document, kind: kind, &decoder)
    decoder.begin(document)
    let specNode = document["spec"] ?? Node.emptyMap(named: "spec", at: document)
    guard let spec = decodeSpec(specNode, &decoder), let envelope else { return nil }
    if decoder.appliesRules {
      var report = FieldReport()
      spec.validate(named: envelope.id.name, &report)
      report.emit(at: document, &decoder)
      if report.hasErrors { return nil }
    }
    let location = document.location
    let resource = AnyResource(
      id: envelope.id, metadata: envelope.metadata, spec: spec,
      references: Array(decoder.references[firstReference...]), location: location.line > 0 ? location : nil,
      digest: envelope.metadata.digest(with: spec.value))
    return DecodedResource(resource: resource, selectors: spec.selectors, document: document)
  }
}

extension Metadata {
  /// The digest of a manifest's content, without the matches of its selectors. Annotations other than an
  /// adoption are notes without effect.
  package func digest(with spec: Value) -> Digest {
    var content = [
      Value.Member("labels", .object(labels.mapValues { .string($0) })),
      Value.Member("spec", spec),
    ]
    if let adopted = annotations[Adoption.annotation] {
      content.insert(Value.Member("adopts", .string(adopted)), at: 0)
    }
    return Digest(of: Value.object(content))
  }
}

struct DecodedResource: Sendable {
  let resource: AnyResource
  let selectors: [ResourceSelector]
  /// Where the fields of the resource are located.
  let document: Node
}

extension Resource where Spec == any ResourceSpec {
  /// The whole manifest in canonical form, as stored; `KindSchema.decode` decodes it.
  package var document: Value { AnyResource.document(id: id, metadata: metadata, spec: spec.value) }

  static func document(id: ResourceID, metadata: Metadata, spec: Value) -> Value {
    func map(_ texts: [String: String]) -> Value? {
      texts.isEmpty ? nil : .object(texts.mapValues { .string($0) })
    }
    return .members([
      "apiVersion": .string(Model.apiVersion),
      "kind": .string(id.kind),
      "metadata": .members([
        "name": .string(id.name), "labels": map(metadata.labels), "annotations": map(metadata.annotations),
        "mode": metadata.mode == .enforce ? nil : .string(metadata.mode.rawValue),
      ]),
      "spec": spec,
    ])
  }
}
