internal import Model

/// Replaces `${name}` in scalars; `$${` becomes `${`. Replaced text keeps the scalar's location.
struct Variables: Sendable, Equatable {
  private let values: [String: [UInt8]]
  /// Whether a manifest could have declared variables, which decides the message for unknown names.
  private let isDeclared: Bool

  /// - Parameter isDeclared: False where no manifest could have declared variables.
  init(_ values: [String: String], isDeclared: Bool) {
    self.values = values.mapValues { Array($0.utf8) }
    self.isDeclared = isDeclared
  }

  /// The document with its variables replaced; the same node where it uses none.
  func applied(to document: Node, _ decoder: inout ManifestDecoder) -> Node {
    let range = document.index..<Int(document.record.end)
    guard range.contains(where: { document.tape.records[$0].hasDollar }) else { return document }
    var content = TapeContent(files: document.tape.files)
    content.append(document)
    for index in content.records.indices where content.records[index].hasDollar {
      let scalar = Node(document.tape, document.index + index)
      guard let text = expand(scalar, &decoder) else { continue }
      content.records[index].start = UInt32(content.bytes.count)
      content.records[index].length = UInt32(text.count)
      content.bytes.append(contentsOf: text)
    }
    return Node(Tape(content), 0)
  }

  /// Nil after a problem was reported.
  private func expand(_ scalar: Node, _ decoder: inout ManifestDecoder) -> [UInt8]? {
    let dollar = UInt8(ascii: "$")
    let brace = UInt8(ascii: "{")
    let text = scalar.withUTF8 { Array($0) }
    var output: [UInt8] = []
    var index = 0
    while index < text.count {
      guard text[index] == dollar else {
        output.append(text[index])
        index += 1
        continue
      }
      if text[index...].starts(with: [dollar, dollar, brace]) {
        output += [dollar, brace]
        index += 3
      } else if text[index...].starts(with: [dollar, brace]) {
        guard let end = text[index...].firstIndex(of: UInt8(ascii: "}")) else {
          decoder.error(
            scalar, "‘${’ is never closed in \(scalar.label)",
            hint: "write `${name}`, or `$${` for the text ‘${’")
          return nil
        }
        let name = String(decoding: text[index + 2..<end], as: UTF8.self)
        guard let value = values[name] else {
          report(name, scalar, &decoder)
          return nil
        }
        output += value
        index = end + 1
      } else {
        output.append(dollar)
        index += 1
      }
    }
    return output
  }

  private func report(_ name: String, _ scalar: Node, _ decoder: inout ManifestDecoder) {
    let hint: String? =
      if !isDeclared {
        "no manifest of this folder declares variables; write `$${` for the text ‘${’"
      } else if let near = Suggestion.nearest(to: name, among: values.keys) {
        "did you mean `${\(near)}`?"
      } else {
        Suggestion.hint(for: name, among: values.keys.sorted(), noun: "variables")
      }
    decoder.error(
      scalar, "\(scalar.label) mentions the unknown variable ‘\(Node.shortened(name))’",
      hint: hint ?? "write `$${` for the text ‘${’")
  }
}
