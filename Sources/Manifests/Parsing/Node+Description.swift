/// The path of a node inside its document.
struct NodePath: CustomStringConvertible {
  /// An item of a list or map on the path, as indices on the tape.
  struct Step: Sendable {
    let container: Int
    let child: Int
    let position: Int
  }

  enum Part {
    case key(String)
    case index(Int)
  }

  private(set) var parts: [Part] = []

  /// Walks down from the document's root, so that paths cost nothing until a message or a reference needs
  /// them. `trail` avoids the search in long lists and maps, `document` that among all documents of the tape.
  init(of node: Node, _ trail: [Step] = [], in document: Node? = nil) {
    let start = document.flatMap { $0.tape === node.tape ? $0.index : nil }
    var current = Node(node.tape, start ?? NodePath.documentStart(of: node))
    while current.index != node.index {
      let step = trail.first { $0.container == current.index && $0.child <= node.index }
      guard let next = descend(from: current, to: node, step) else { return }
      current = next
    }
  }

  private mutating func descend(from current: Node, to node: Node, _ step: Step?) -> Node? {
    if let step {
      let child = Node(node.tape, step.child)
      if current.kind == .list {
        parts.append(.index(step.position))
        return child
      }
      parts.append(.key(child.text))
      return node.index == child.index ? child : Node(node.tape, step.child + 1)
    }
    for (key, value) in current.members where Int(value.record.end) > node.index {
      parts.append(.key(key.text))
      return key.index == node.index ? key : value
    }
    for (position, element) in current.elements.enumerated() where Int(element.record.end) > node.index {
      parts.append(.index(position))
      return element
    }
    return nil
  }

  /// The index of the document that holds this node; documents follow each other on a tape.
  private static func documentStart(of node: Node) -> Int {
    var start = 0
    while Int(node.tape.records[start].end) <= node.index { start = Int(node.tape.records[start].end) }
    return start
  }

  /// Such as `spec.placement.nodes[0]`; empty for the document itself.
  var description: String { NodePath.text(of: parts[...]) }

  /// The last key and the indices after it: `‘nodes[0]’`.
  var label: String {
    guard let lastKey = parts.lastIndex(where: { if case .key = $0 { true } else { false } }) else {
      return "the document"
    }
    return "‘\(Node.shortened(NodePath.text(of: parts[lastKey...])))’"
  }

  private static func text(of parts: ArraySlice<Part>) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .key(let key): text += text.isEmpty ? key : ".\(key)"
      case .index(let index): text += "[\(index)]"
      }
    }
    return text
  }
}

extension Node {
  /// The path of the node inside its document, such as `spec.placement.nodes[0]`; empty for the document
  /// itself.
  package var path: String { NodePath(of: self).description }

  /// The node's name in messages: `‘replicas’`, `‘nodes[0]’`, `the document`.
  package var label: String { NodePath(of: self).label }

  /// The node's value in messages: `the text ‘three’`, `a list`.
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

  /// Text of a manifest for a message: without control characters and not endless.
  static func shortened(_ text: String) -> String { VisibleText.escaped(text, limit: 60) }
}
