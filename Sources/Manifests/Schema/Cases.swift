package import Model

/// One case of a sum type.
package final class Case<Root: ManifestChoice>: Sendable {
  let name: String
  let doc: String
  let payload: (@Sendable () -> Shape)?
  /// Whether the payload may be omitted, so that the bare word suffices.
  let decode: @Sendable (Node?, Node, inout ManifestDecoder) -> Root?
  /// Nil when the value is another case; `.some(nil)` for the bare word.
  let encode: @Sendable (Root) -> Value??

  /// A case written as a bare word.
  package init(_ name: String, _ doc: String, _ value: Root) {
    self.name = name
    self.doc = doc
    payload = nil
    decode = { payload, _, decoder in
      if let payload, payload.kind != .null, !(payload.kind == .map && payload.members.isEmpty) {
        decoder.mismatch(payload, expected: "left empty", hint: "write `\(name)` alone")
        return nil
      }
      return value
    }
    encode = { $0 == value ? .some(nil) : nil }
  }

  /// A case with a payload, written as a map with one key; the bare word suffices where every field has a
  /// default.
  package init<Payload: ManifestValue>(
    _ name: String, _ doc: String, _ make: @escaping @Sendable (Payload) -> Root,
    _ rules: FieldRule<Payload>..., payload extract: @escaping @Sendable (Root) -> Payload?
  ) {
    self.name = name
    self.doc = doc
    payload = { rules.reduce(Payload.shape) { $1.refine($0) } }
    let checks = rules.compactMap(\.problem)
    decode = { node, whole, decoder in
      // The bare word means an empty map, which only objects accept.
      let isObject = Payload.self is any ManifestObject.Type
      guard let node = node ?? (isObject ? Node.emptyMap(named: name, at: whole) : nil) else {
        decoder.error(whole, "‘\(name)’ needs a value", hint: "write `{\(name): …}`: \(doc)")
        return nil
      }
      guard let value = Payload.decode(node, &decoder) else { return nil }
      for check in checks {
        guard let problem = check(value) else { continue }
        problem.report(node, &decoder)
        return nil
      }
      return make(value)
    }
    encode = { root in extract(root).map { $0.manifestValue ?? .object([]) } }
  }
}

/// The cases of a sum type, with its documentation.
package final class Cases<Root: ManifestChoice>: Sendable {
  let doc: String
  let list: [Case<Root>]

  package init(_ doc: String, @ListBuilder<Case<Root>> _ cases: () -> [Case<Root>]) {
    self.doc = doc
    list = cases()
  }
}

extension ManifestChoice {
  package static var shape: Shape {
    let cases = Self.cases.list.map { CaseShape(name: $0.name, doc: $0.doc, payload: $0.payload) }
    return Shape(.choice(cases), name: "one of \(names)", doc: Self.cases.doc)
  }

  package var manifestValue: Value? {
    for option in Self.cases.list {
      guard let payload = option.encode(self) else { continue }
      return payload.map { .object([Value.Member(option.name, $0)]) } ?? .string(option.name)
    }
    return nil
  }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Self? {
    switch node.kind {
    case .scalar:
      return pick(node, payload: nil, node, &decoder)
    case .map:
      var members = node.members
      guard let (key, value) = members.next() else { break }
      if let (second, _) = members.next() {
        decoder.error(
          second, "\(node.label) takes one of \(names), found both ‘\(key.text)’ and ‘\(second.text)’",
          hint: "keep one of them")
        return nil
      }
      return pick(key, payload: value, node, &decoder)
    case .list, .null: break
    }
    decoder.mismatch(
      node, expected: "one of \(names)", hint: cases.list.first.map { "for example \(sample($0))" })
    return nil
  }

  private static func pick(
    _ key: Node, payload: Node?, _ node: Node, _ decoder: inout ManifestDecoder
  ) -> Self? {
    let text = key.text
    if let option = cases.list.first(where: { $0.name == text }) {
      return option.decode(payload, node, &decoder)
    }
    decoder.error(
      key, "\(node.label) must be one of \(names), found ‘\(Node.shortened(text))’",
      hint: Suggestion.nearest(to: text, among: cases.list.map(\.name)).map { "did you mean `\($0)`?" })
    return nil
  }

  private static var names: String { cases.list.map { "`\($0.name)`" }.joined(separator: ", ") }

  private static func sample(_ option: Case<Self>) -> String {
    option.payload == nil ? "`\(option.name)`" : "`{\(option.name): …}`"
  }
}

extension ManifestWord {
  package static var shape: Shape {
    Shape(.words(allCases.map { ($0.rawValue, $0.meaning) }), name: "one of \(names)")
  }

  package var manifestValue: Value? { .string(rawValue) }

  package static func decode(_ node: Node, _ decoder: inout ManifestDecoder) -> Self? {
    guard let text = decoder.scalar(node, expected: "one of \(names)") else { return nil }
    if let word = Self(rawValue: text) { return word }
    decoder.error(
      node, "\(node.label) must be one of \(names), found ‘\(Node.shortened(text))’",
      hint: Suggestion.nearest(to: text, among: allCases.map(\.rawValue)).map { "did you mean `\($0)`?" })
    return nil
  }

  private static var names: String { allCases.map { "`\($0.rawValue)`" }.joined(separator: ", ") }
}
