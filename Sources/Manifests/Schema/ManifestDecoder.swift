package import Model

/// Collects the findings of decoding one document: problems with their locations, and references to other
/// resources.
package struct ManifestDecoder: Sendable {
  package private(set) var diagnostics: [Diagnostic] = []
  package private(set) var references: [Reference] = []
  /// The current item of each enclosing list and map, so that paths need no search.
  private var trail: [NodePath.Step] = []
  /// Whether the text of the current field may contain line breaks and other control characters.
  private var isFreeText = false
  /// The document being decoded; nil where it is not known.
  private var document: Node?
  /// False for a recorded document. It was valid in the release that recorded it, and stays readable where a
  /// later release has stricter rules: only the types of its fields are checked.
  let appliesRules: Bool

  /// The maximum number of problems of one document; a broken one would have thousands.
  private static let maximumProblems = 100

  package init(appliesRules: Bool = true) { self.appliesRules = appliesRules }

  /// Reports a problem of `node`.
  /// - Parameter hidesText: Whether the node may hold a secret by mistake.
  package mutating func error(
    _ node: Node, _ message: @autoclosure () -> String, hint: @autoclosure () -> String? = nil,
    hidesText: Bool = false
  ) {
    guard diagnostics.count < ManifestDecoder.maximumProblems else { return }
    let location = node.location
    diagnostics.append(
      Diagnostic(at: location.line > 0 ? location : nil, message(), hint: hint(), hidesText: hidesText))
  }

  /// Reports that `node` has another type than expected, with its actual value.
  package mutating func mismatch(
    _ node: Node, expected: @autoclosure () -> String, hint: @autoclosure () -> String? = nil
  ) {
    if node.kind == .null {
      error(
        node, "\(node.label) must be \(expected()), but nothing is written there",
        hint: hint() ?? "give a value or leave the field out")
    } else {
      error(node, "\(node.label) must be \(expected()), found \(node.found)", hint: hint())
    }
  }

  /// The text of a scalar; nil after the mismatch was reported.
  package mutating func scalar(_ node: Node, expected: @autoclosure () -> String) -> String? {
    guard node.kind == .scalar else {
      mismatch(node, expected: expected())
      return nil
    }
    return text(node)
  }

  /// The text of a scalar, without control characters, so that it is safe in a line of a file and of a
  /// command. A field with the rule `freeText` may hold all of them but NUL. Nil after the problem was
  /// reported.
  mutating func text(_ node: Node) -> String? { text(node, isFree: isFreeText) }

  /// The text of a key, which never contains a control character.
  mutating func key(_ node: Node) -> String? { text(node, isFree: false) }

  private mutating func text(_ node: Node, isFree: Bool) -> String? {
    let isPlain = node.withUTF8 { bytes in bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F } }
    let text = node.text
    guard !isPlain,
      let found = text.unicodeScalars.first(where: { isFree ? $0.value == 0 : $0.isControlCharacter })
    else { return text }
    error(
      node, "\(node.label) contains the control character \(found.codePoint)",
      hint: isFree ? "no system stores it: remove it" : "write one line of visible text")
    return nil
  }

  /// Decodes a value in which any text without NUL is allowed.
  package mutating func withFreeText<Value>(_ decode: (inout ManifestDecoder) -> Value?) -> Value? {
    let outer = isFreeText
    isFreeText = true
    defer { isFreeText = outer }
    return decode(&self)
  }

  /// Records that the document references another resource, which must exist and is applied first.
  /// - Parameter field: The field of the object `node` whose default is the reference, where it is not
  ///   written.
  package mutating func mention(_ target: ResourceID, at node: Node, field: String? = nil) {
    let location = node.location
    let path = NodePath(of: node, trail, in: document).description
    references.append(
      Reference(
        target: target, path: field.map { path.isEmpty ? $0 : "\(path).\($0)" } ?? path,
        location: location.line > 0 ? location : nil))
  }

  /// Starts decoding this document.
  mutating func begin(_ document: Node) { self.document = document }

  /// Enters the item `child` of `container`; every call needs a `leave`.
  mutating func enter(_ container: Node, _ child: Node, position: Int) {
    trail.append(NodePath.Step(container: container.index, child: child.index, position: position))
  }

  mutating func leave() { trail.removeLast() }
}

/// Reports problems between the fields of an object.
package struct FieldReport: Sendable {
  private struct Problem: Sendable {
    let field: String
    let message: String
    let hint: String?
  }

  private var problems: [Problem] = []
  var hasErrors: Bool { !problems.isEmpty }

  /// Reports at a field of the object, such as `price` or `ports[0].host`; where the field is not written, at
  /// the object itself.
  package mutating func error(at field: String, _ message: String, hint: String? = nil) {
    problems.append(Problem(field: field, message: message, hint: hint))
  }

  func emit(at node: Node, _ decoder: inout ManifestDecoder) {
    for problem in problems {
      decoder.error(node.node(at: problem.field), problem.message, hint: problem.hint)
    }
  }
}

extension Node {
  /// The value of a field below this node, such as `price` or `ports[0].host`; where it is not written, the
  /// nearest enclosing value.
  func node(at field: String) -> Node {
    var location = self
    for part in field.split(whereSeparator: { $0 == "." || $0 == "[" }) {
      if part.last == "]", let index = Int(part.dropLast()) {
        guard let element = location.elements.dropFirst(index).first(where: { _ in true }) else { break }
        location = element
      } else {
        guard let value = location[String(part)] else { break }
        location = value
      }
    }
    return location
  }
}
