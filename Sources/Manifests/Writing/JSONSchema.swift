package import Model

/// JSON Schema (draft 2020-12) for editors, from the descriptions that also decode.
package enum JSONSchema {
  private static let dialect = "https://json-schema.org/draft/2020-12/schema"
  /// Recursive types are described down to this depth.
  private static let maximumDepth = 16

  /// The schema of one kind's documents.
  package static func schema(for kind: KindSchema) -> Value {
    merged(.members(["$schema": .string(dialect), "title": .string(kind.kind)]), document(kind))
  }

  /// One schema for documents of all these kinds; the kind selects the rules.
  package static func schema(for kinds: [KindSchema]) -> Value {
    let kinds = kinds.sorted { $0.kind < $1.kind }
    let rules = kinds.map { kind in
      Value.members([
        "if": .members(["properties": .members(["kind": .members(["const": .string(kind.kind)])])]),
        "then": .members(["$ref": .string("#/$defs/\(kind.kind)")]),
      ])
    }
    return .members([
      "$schema": .string(dialect),
      "title": .string("RenderTrust manifest"),
      "type": .string("object"),
      "required": .array(["apiVersion", "kind", "metadata"].map { .string($0) }),
      "properties": .members([
        "apiVersion": .members(["const": .string(Model.apiVersion)]),
        "kind": .members(["enum": .array(kinds.map { .string($0.kind) })]),
      ]),
      "allOf": .array(rules),
      "$defs": .object(
        Dictionary(kinds.map { ($0.kind, document($0)) }, uniquingKeysWith: { first, _ in first })),
    ])
  }

  private static func document(_ kind: KindSchema) -> Value {
    let needsSpec =
      if case .object(let fields) = kind.shape.form { fields.contains(where: \.isRequired) } else { true }
    return .members([
      "description": .string(kind.shape.doc),
      "type": .string("object"),
      "additionalProperties": .bool(false),
      "required": .array(
        (["apiVersion", "kind", "metadata"] + (needsSpec ? ["spec"] : [])).map { .string($0) }),
      "properties": .members([
        "apiVersion": .members(["const": .string(Model.apiVersion)]),
        "kind": .members(["const": .string(kind.kind)]),
        "metadata": schema(MetadataFields.shape, 0),
        "spec": schema(kind.shape, 0),
      ]),
    ])
  }

  private static func schema(_ shape: Shape, _ depth: Int) -> Value {
    guard depth < maximumDepth else { return .object([]) }
    var members: [String: Value] = [:]
    if !shape.doc.isEmpty { members["description"] = .string(shape.doc) }
    switch shape.form {
    case .text:
      // Text and quantities accept scalars with and without quotes.
      members["type"] = .array(["string", "number", "boolean"].map { .string($0) })
      if let pattern = shape.pattern {
        members["pattern"] = .string(pattern)
        members["type"] =
          isNumeric(pattern) ? .array([.string("string"), .string("number")]) : .string("string")
      }
      if !shape.examples.isEmpty { members["examples"] = .array(shape.examples.map { .string($0) }) }
    case .flag: members["type"] = .string("boolean")
    case .whole:
      members["type"] = .string("integer")
      members["minimum"] = shape.minimum.map { .integer($0) }
      members["maximum"] = shape.maximum.map { .integer($0) }
    case .decimal: members["type"] = .string("number")
    case .list(let element):
      members["type"] = .string("array")
      members["items"] = schema(element, depth + 1)
    case .map(let value):
      members["type"] = .string("object")
      members["additionalProperties"] = schema(value, depth + 1)
    case .object(let fields): addObject(fields, depth, to: &members)
    case .choice(let cases):
      let text = Value.members(["type": .array(["string", "number", "boolean"].map { .string($0) })])
      members["oneOf"] = .array((shape.takesText ? [text] : []) + cases.flatMap { branches($0, depth) })
    case .words(let words):
      members["oneOf"] = .array(
        words.map { .members(["const": .string($0.word), "description": .string($0.meaning)]) })
    }
    return .object(members)
  }

  private static func addObject(_ fields: [FieldShape], _ depth: Int, to members: inout [String: Value]) {
    members["type"] = .string("object")
    members["additionalProperties"] = .bool(false)
    let required = fields.filter(\.isRequired).map { Value.string($0.name) }
    if !required.isEmpty { members["required"] = .array(required) }
    var properties: [String: Value] = [:]
    for field in fields {
      var extra: [String: Value] = ["description": .string(describe(field))]
      if let value = field.defaultValue { extra["default"] = value }
      properties[field.name] = merged(schema(field.shape(), depth + 1), .object(extra))
    }
    members["properties"] = .object(properties)
  }

  private static func describe(_ field: FieldShape) -> String {
    let shape = field.shape()
    let rules = shape.rules.isEmpty ? "" : " (\(shape.rules.joined(separator: ", ")))"
    return field.doc + rules
  }

  private static func branches(_ option: CaseShape, _ depth: Int) -> [Value] {
    let word = Value.members(["const": .string(option.name), "description": .string(option.doc)])
    let payload = option.payload?()
    let map = Value.members([
      "type": .string("object"), "description": .string(option.doc), "additionalProperties": .bool(false),
      "required": .array([.string(option.name)]),
      "properties": .object([
        option.name: payload.map { schema($0, depth + 1) }
          ?? .members(["type": .string("object"), "maxProperties": .integer(0)])
      ]),
    ])
    if case .object(let fields) = payload?.form {
      return fields.contains(where: \.isRequired) ? [map] : [word, map]
    }
    return payload == nil ? [word, map] : [map]
  }

  /// Whether the pattern accepts texts that YAML reads as numbers.
  private static func isNumeric(_ pattern: String) -> Bool {
    pattern.hasPrefix("^[0-9]+(") || pattern.hasPrefix("^-?[0-9]+") || pattern.hasPrefix("^([0-9]+")
  }

  /// Members of `b` replace those of `a`.
  private static func merged(_ a: Value, _ b: Value) -> Value {
    guard case .object(let first) = a, case .object(let second) = b else { return b }
    var members = Dictionary(first.map { ($0.key, $0.value) }, uniquingKeysWith: { $1 })
    for member in second { members[member.key] = member.value }
    return .object(members)
  }
}
