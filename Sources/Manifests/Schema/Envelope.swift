internal import Model

/// The members of every document besides its spec.
struct Envelope {
  let id: ResourceID
  let metadata: Metadata
  let spec: Node?

  private static let keys = ["apiVersion", "kind", "metadata", "spec"]

  /// Nil after all problems were reported. Verifies the name; the kind is known already.
  static func decode(_ document: Node, kind: String, _ decoder: inout ManifestDecoder) -> Envelope? {
    var isFine = true
    var spec: Node?
    var metadata: MetadataFields?
    var hasVersion = false
    var hasMetadata = false
    for (key, value) in document.members {
      switch key.text {
      case "apiVersion":
        hasVersion = true
        if !checkVersion(value, &decoder) { isFine = false }
      case "kind": break
      case "metadata":
        hasMetadata = true
        metadata = MetadataFields.decode(value, &decoder)
        if metadata == nil { isFine = false }
      case "spec": spec = value
      case let other:
        isFine = false
        decoder.error(
          key, "the document has no field ‘\(Node.shortened(other))’",
          hint: Suggestion.hint(for: other, among: keys, noun: "fields"))
      }
    }
    if !hasVersion {
      isFine = false
      decoder.error(
        document, "the document needs the field ‘apiVersion’", hint: "add `apiVersion: \(Model.apiVersion)`")
    }
    if !hasMetadata {
      isFine = false
      decoder.error(document, "the document needs the field ‘metadata’", hint: "add `metadata: {name: …}`")
    }
    guard isFine, let metadata else { return nil }
    guard checkFormerName(metadata, in: document, kind: kind, &decoder) else { return nil }
    return Envelope(
      id: ResourceID(kind: kind, name: metadata.name),
      metadata: Metadata(labels: metadata.labels, annotations: metadata.annotations, mode: metadata.mode),
      spec: spec)
  }

  /// Verifies the annotation that names the resource under its former name.
  private static func checkFormerName(
    _ metadata: MetadataFields, in document: Node, kind: String, _ decoder: inout ManifestDecoder
  ) -> Bool {
    guard let text = metadata.annotations[Move.annotation] else { return true }
    if let former = ResourceID(text), former.kind == kind, former.name != metadata.name { return true }
    decoder.error(
      document["metadata"]?["annotations"]?[Move.annotation] ?? document,
      "‘\(Node.shortened(text))’ is not a former name of \(kind)/\(metadata.name)",
      hint: "write the Kind/name that this resource had before, such as \(kind)/old")
    return false
  }

  /// The schema of a document's kind; nil after the problem was reported.
  static func schema(
    of document: Node, among schemas: [String: KindSchema], _ decoder: inout ManifestDecoder
  ) -> KindSchema? {
    guard document.kind == .map else {
      decoder.error(
        document, "a document must be a map, found \(document.found)",
        hint: "start with `apiVersion: \(Model.apiVersion)` and `kind: …`")
      return nil
    }
    guard let kind = document["kind"] else {
      decoder.error(
        document, "the document needs the field ‘kind’",
        hint: Suggestion.hint(for: "", among: schemas.keys.sorted(), noun: "kinds"))
      return nil
    }
    if kind.kind == .scalar, let schema = schemas[kind.text] { return schema }
    guard kind.kind == .scalar else {
      decoder.mismatch(kind, expected: "the name of a kind")
      return nil
    }
    decoder.error(
      kind, "unknown kind ‘\(Node.shortened(kind.text))’",
      hint: Suggestion.hint(for: kind.text, among: schemas.keys.sorted(), noun: "kinds"))
    return nil
  }

  private static func checkVersion(_ node: Node, _ decoder: inout ManifestDecoder) -> Bool {
    if node.kind == .scalar, node.text == Model.apiVersion { return true }
    decoder.error(
      node, "‘apiVersion’ must be `\(Model.apiVersion)`, found \(node.found)",
      hint: "write `apiVersion: \(Model.apiVersion)`")
    return false
  }
}

/// `metadata` as written.
struct MetadataFields: ManifestObject {
  var name = ""
  var labels: [String: String] = [:]
  var annotations: [String: String] = [:]
  var mode = ReconcileMode.enforce

  static let fields = Fields<Self>("What the resource is called and how far the controller may go") {
    Field(
      "name", \.name, "Unique among the resources of a kind", .required,
      .text(
        "a name of lowercase letters, digits, ‘-’ and ‘.’, at most 63 long", pattern: ResourceName.pattern,
        examples: ["web-1"]
      ) { ResourceName.isValid($0) })
    Field("labels", \.labels, "What selectors match")
    Field(
      "annotations", \.annotations,
      "Notes that nothing depends on, but for `\(Adoption.annotation)` "
        + "and `\(Move.annotation)`",
      .freeText)
    Field("mode", \.mode, "How far the controller may go")
  }
}

extension ReconcileMode: ManifestWord {
  package var meaning: String {
    switch self {
    case .enforce: "Make the world match"
    case .observe: "Report drift, change nothing"
    case .paused: "Neither look nor act"
    }
  }
}
