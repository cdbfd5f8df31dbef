internal import Model

/// Documentation of kinds and fields for people, from the descriptions that also decode.
package struct Explain: Sendable {
  private let kinds: [KindSchema]

  package init(kinds: [KindSchema]) { self.kinds = kinds.sorted { $0.kind < $1.kind } }

  /// An unknown path.
  package struct Unknown: Error, CustomStringConvertible {
    package let message: String
    package let hint: String?
    package var description: String { hint.map { "\(message); \($0)" } ?? message }
  }

  /// One line for each kind.
  package var overview: String {
    let width = kinds.map(\.kind.count).max() ?? 0
    return kinds.map { "\(Explain.pad($0.kind, width))  \($0.shape.doc)\n" }.joined()
  }

  /// The documentation of a path such as `Module`, `Module.spec.rollout.canary` or `Module.metadata.mode`.
  /// The `spec` may be omitted; items of lists and values of maps need no name of their own.
  package func text(path: String) throws(Unknown) -> String {
    let parts = path.split(separator: ".").map { String($0.prefix { $0 != "[" }) }
    guard let name = parts.first, let kind = kind(name) else {
      throw Unknown(
        message: "there is no kind ‘\(Node.shortened(parts.first ?? path))’",
        hint: Suggestion.hint(for: parts.first ?? path, among: kinds.map(\.kind), noun: "kinds"))
    }
    var rest = parts.dropFirst()
    var field: FieldShape?
    var shape = kind.shape
    if rest.first == "metadata" {
      shape = MetadataFields.shape
      rest = rest.dropFirst()
    } else if rest.first == "spec" {
      rest = rest.dropFirst()
    }
    for part in rest { (field, shape) = try step(part, from: shape) }
    return render(path: path, field, shape)
  }

  private func kind(_ name: String) -> KindSchema? {
    kinds.first { $0.kind == name } ?? kinds.first { $0.kind.lowercased() == name.lowercased() }
  }

  private func step(_ name: String, from shape: Shape) throws(Unknown) -> (FieldShape?, Shape) {
    switch shape.form {
    case .list(let element): return try step(name, from: element)
    case .map(let value):
      if let inner = try? step(name, from: value) { return inner }
      return (nil, value)
    case .object(let fields):
      if let field = fields.first(where: { $0.name == name }) { return (field, field.shape()) }
      throw unknown(name, fields.map(\.name))
    case .choice(let cases):
      guard let option = cases.first(where: { $0.name == name }) else {
        throw unknown(name, cases.map(\.name))
      }
      var inner = option.payload?() ?? Shape(.object([]), name: "nothing")
      inner.doc = option.doc + (inner.doc.isEmpty ? "" : ". \(inner.doc)")
      return (nil, inner)
    default: throw unknown(name, [])
    }
  }

  private func unknown(_ name: String, _ known: [String]) -> Unknown {
    Unknown(
      message: "there is no field ‘\(Node.shortened(name))’ here",
      hint: Suggestion.hint(for: name, among: known, noun: "fields"))
  }

  private func render(path: String, _ field: FieldShape?, _ shape: Shape) -> String {
    var output = "\(path)\n"
    let doc = field?.doc ?? shape.doc
    if !doc.isEmpty { output += "\n  \(doc)\n" }
    if field != nil, !shape.doc.isEmpty, shape.doc != doc { output += "  \(shape.doc)\n" }
    output += "\n  type:     \(shape.name)\n"
    if field?.isRequired == true { output += "  required: yes\n" }
    if let value = field?.defaultValue { output += "  default:  \(value.plainText)\n" }
    if !shape.rules.isEmpty { output += "  rules:    \(shape.rules.joined(separator: ", "))\n" }
    if !shape.kinds.isEmpty { output += "  kinds:    \(shape.kinds.joined(separator: ", "))\n" }
    if !shape.examples.isEmpty { output += "  examples: \(shape.examples.joined(separator: ", "))\n" }
    let rows = rows(of: shape)
    guard !rows.list.isEmpty else { return output }
    let width = rows.list.map(\.name.count).max() ?? 0
    let typeWidth = rows.list.map(\.type.count).max() ?? 0
    output += "\n  \(rows.title):\n"
    for row in rows.list {
      let line = "    \(Explain.pad(row.name, width))  \(Explain.pad(row.type, typeWidth))  \(row.doc)"
      var end = line[...]
      while end.last == " " { end = end.dropLast() }
      output += end + "\n"
    }
    return output
  }

  private struct Row {
    let name: String
    let type: String
    let doc: String
  }

  private func rows(of shape: Shape) -> (title: String, list: [Row]) {
    switch shape.form {
    case .list(let element): return rows(of: element)
    case .map(let value): return rows(of: value)
    case .object(let fields):
      let list = fields.map { field in
        let note = field.isRequired ? "required" : field.defaultValue.map { "default \($0.plainText)" }
        return Row(
          name: field.name, type: Explain.brief(field.shape()),
          doc: field.doc + (note.map { " (\($0))" } ?? ""))
      }
      return ("fields", list)
    case .choice(let cases):
      let list = cases.map {
        Row(name: $0.name, type: $0.payload.map { Explain.brief($0()) } ?? "", doc: $0.doc)
      }
      return ("one of", list)
    case .words(let words):
      return ("one of", words.map { Row(name: $0.word, type: "", doc: $0.meaning) })
    default: return ("", [])
    }
  }

  private static func brief(_ shape: Shape) -> String {
    switch shape.form {
    case .choice: "choice"
    case .words: "word"
    case .list(let element): "list of \(brief(element))"
    case .map(let value): "map of \(brief(value))"
    case .text where !shape.kinds.isEmpty: shape.kinds.joined(separator: " or ")
    default: shape.name.split(separator: " such as ", maxSplits: 1).first.map(String.init) ?? shape.name
    }
  }

  private static func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }
}
