package import Model

/// A mention of another resource, written `Kind/name`. Decoding notes it, so that planning knows what comes
/// first.
///
///     var database: KindReference = "Database/platform"
///     Field("database", \.database, "Where the prices live", .refersTo("Database"))
package struct KindReference: Hashable, Comparable, Sendable, CustomStringConvertible,
  ExpressibleByStringLiteral,
  ManifestValue
{
  package let id: ResourceID

  package init(_ id: ResourceID) { self.id = id }

  /// Parses `Kind/name`; a text without a slash becomes a name without kind, which matches no resource.
  package init(stringLiteral text: String) {
    id = ResourceID(text) ?? ResourceID(kind: "", name: text)
  }

  package var description: String { id.description }
  package var manifestValue: Value? { .string(id.description) }
  package static func < (a: KindReference, b: KindReference) -> Bool { a.id < b.id }

  package static var shape: Shape {
    Shape(.text, name: "reference", pattern: "^[A-Z][A-Za-z0-9]*/[a-z0-9.-]+$", examples: ["Kind/name"])
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> KindReference? {
    guard let text = decoder.scalar(node, expected: "a reference such as `Kind/name`") else { return nil }
    guard let id = ResourceID(text), ResourceName.isValid(id.name) else {
      decoder.mismatch(node, expected: "a reference such as `Kind/name`")
      return nil
    }
    decoder.mention(id, at: node)
    return KindReference(id)
  }
}

extension FieldRule where Value == KindReference {
  /// The reference must name a resource of one of these kinds.
  package static func refersTo(_ kinds: String...) -> FieldRule { refersTo(anyOf: kinds) }

  fileprivate static func refersTo(anyOf kinds: [String]) -> FieldRule {
    rule(
      "refers to \(kinds.joined(separator: " or "))",
      refine: { shape in
        var shape = shape
        shape.kinds = kinds
        shape.examples = kinds.map { "\($0)/name" }
        shape.pattern = "^(\(kinds.joined(separator: "|")))/[a-z0-9.-]+$"
        return shape
      },
      { reference in
        guard !kinds.contains(reference.id.kind) else { return nil }
        let wanted = kinds.map { "`\($0)/…`" }.joined(separator: " or ")
        let nearest = Suggestion.nearest(to: reference.id.kind, among: kinds) ?? kinds.first
        return RuleProblem(
          "must refer to \(wanted), found ‘\(reference)’",
          hint: nearest.map { "did you mean `\($0)/\(reference.id.name)`?" })
      })
  }
}

extension FieldRule where Value == KindReference? {
  package static func refersTo(_ kinds: String...) -> FieldRule { present(.refersTo(anyOf: kinds)) }
}

extension FieldRule where Value == [KindReference] {
  package static func refersTo(_ kinds: String...) -> FieldRule { each(.refersTo(anyOf: kinds)) }
}

extension FieldRule where Value == [String: KindReference] {
  package static func refersTo(_ kinds: String...) -> FieldRule { eachValue(.refersTo(anyOf: kinds)) }
}

/// Written as `{env: NAME}`, `{file: PATH}` or `{secret: Secret/name}`.
extension SecretReference: ManifestValue {
  package static var shape: Shape {
    var secret = KindReference.shape
    secret.kinds = ["Secret"]
    let reference = secret
    return Shape(
      .choice([
        CaseShape(name: "env", doc: "An environment variable of the controller") { String.shape },
        CaseShape(name: "file", doc: "A file that the controller can read") { String.shape },
        CaseShape(name: "secret", doc: "A `Secret` resource") { reference },
      ]), name: "secret reference",
      doc: "Where the value is found; the value itself never stands in a manifest",
      examples: ["{env: NAME}", "{secret: Secret/name}"])
  }

  package var manifestValue: Value? {
    switch self {
    case .environment(let name): .members(["env": .string(name)])
    case .file(let path): .members(["file": .string(path)])
    case .secret(let id): .members(["secret": .string(id.description)])
    }
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> SecretReference? {
    let expected = "one of `{env: NAME}`, `{file: PATH}`, `{secret: Secret/name}`"
    guard node.kind == .map else {
      // The value may be the secret itself, so the message does not repeat it.
      decoder.error(
        node, "\(node.label) must say where the secret is found: \(expected)",
        hint: "a secret's value never stands in a manifest", hidesText: true)
      return nil
    }
    var members = node.members
    guard let (key, value) = members.next(), members.isEmpty else {
      decoder.error(node, "\(node.label) must be exactly \(expected)")
      return nil
    }
    switch key.text {
    case "env": return decodeText(value, "the name of a variable", &decoder).map { .environment($0) }
    case "file": return decodeText(value, "a path", &decoder).map { .file($0) }
    case "secret":
      guard let reference = KindReference.decode(value, &decoder) else { return nil }
      guard reference.id.kind == "Secret" else {
        decoder.error(
          value, "\(value.label) must refer to `Secret/…`, found ‘\(reference)’",
          hint: "did you mean `Secret/\(reference.id.name)`?")
        return nil
      }
      return .secret(reference.id)
    case let other:
      decoder.error(
        key, "\(node.label) must be \(expected), found the key ‘\(Node.shortened(other))’",
        hint: Suggestion.nearest(to: other, among: ["env", "file", "secret"]).map { "did you mean `\($0)`?" })
      return nil
    }
  }

  private static func decodeText(
    _ node: Node, _ expected: String, _ decoder: inout ManifestDecoder
  ) -> String? {
    guard let text = decoder.scalar(node, expected: expected) else { return nil }
    guard !text.isEmpty else {
      decoder.mismatch(node, expected: expected)
      return nil
    }
    return text
  }
}
