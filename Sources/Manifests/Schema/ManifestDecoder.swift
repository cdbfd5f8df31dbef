package import Model

/// Collects the findings of decoding one document: problems with their locations, and references to other
/// resources.
package struct ManifestDecoder: Sendable {
  package private(set) var diagnostics: [Diagnostic] = []
  package private(set) var references: [Reference] = []
  /// The current item of each enclosing list and map, so that paths need no search.
  private var trail: [NodePath.Step] = []
  /// The document being decoded; nil where it is not known.
  private var document: Node?

  /// The maximum number of problems of one document; a broken one would have thousands.
  private static let maximumProblems = 100

  package init() {}

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
    return node.text
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
      decoder.error(FieldReport.location(of: problem.field, in: node), problem.message, hint: problem.hint)
    }
  }

  private static func location(of field: String, in node: Node) -> Node {
    var location = node
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
