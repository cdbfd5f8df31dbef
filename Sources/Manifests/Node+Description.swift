extension Node {
  /// Where the node is inside its document, such as `spec.placement.nodes[0]`; empty for the document itself.
  package var path: String {
    var path = ""
    for part in parts {
      switch part {
      case .key(let key): path += path.isEmpty ? key : ".\(key)"
      case .index(let index): path += "[\(index)]"
      }
    }
    return path
  }

  /// What to call the node in a message: `‘replicas’`, `‘nodes[0]’`, `the document`.
  package var label: String {
    let parts = self.parts
    guard let lastKey = parts.lastIndex(where: { if case .key = $0 { true } else { false } }) else {
      return "the document"
    }
    var label = ""
    for part in parts[lastKey...] {
      switch part {
      case .key(let key): label += key
      case .index(let index): label += "[\(index)]"
      }
    }
    return "‘\(label)’"
  }

  /// What was found, for messages: `the text ‘three’`, `a list`.
  package var found: String {
    switch kind {
    case .null: return "nothing"
    case .list: return "a list"
    case .map: return "a map"
    case .scalar:
      let text = Node.shortened(self.text)
      guard isPlain else { return "the text ‘\(text)’" }
      if CoreSchema.bool(text) != nil { return text }
      return CoreSchema.isNumber(text) ? "the number \(text)" : "the text ‘\(text)’"
    }
  }

  static func shortened(_ text: String) -> String {
    var clean = ""
    for scalar in text.unicodeScalars.prefix(60) {
      clean += scalar.value < 0x20 || scalar.value == 0x7F ? "·" : String(scalar)
    }
    return text.unicodeScalars.count > 60 ? clean + "…" : clean
  }

  private enum Part {
    case key(String)
    case index(Int)
  }

  /// Found by walking down from the document's root: costs nothing until a message or a reference needs it.
  private var parts: [Part] {
    var parts: [Part] = []
    var current = Node(tape, documentStart)
    descend: while current.index != index {
      for (key, value) in current.members where Int(value.record.end) > index || key.index == index {
        if key.index == index { return parts + [.key(key.text)] }
        parts.append(.key(key.text))
        current = value
        continue descend
      }
      for (position, element) in current.elements.enumerated() where Int(element.record.end) > index {
        parts.append(.index(position))
        current = element
        continue descend
      }
      return parts
    }
    return parts
  }

  /// Documents follow each other on a tape; the one that holds this node starts here.
  private var documentStart: Int {
    var start = 0
    while Int(tape.records[start].end) <= index { start = Int(tape.records[start].end) }
    return start
  }
}
