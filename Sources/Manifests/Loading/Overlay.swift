internal import Model

/// Merges documents of an overlay into those of the base with the same kind and name.
///
/// Maps merge key by key, and `null` deletes a key. Everything else replaces the base's value, and so does
/// another case of a choice. A document with `$patch: delete` removes the base's. Every value keeps its own
/// location.
struct Overlay {
  private let schemas: [String: KindSchema]
  private let files: [String]
  private(set) var diagnostics: [Diagnostic] = []

  init(schemas: [String: KindSchema], files: [String]) {
    self.schemas = schemas
    self.files = files
  }

  /// Returns the documents of the base with the overlay merged into them, then the overlay's additional
  /// documents.
  mutating func merge(_ documents: [ParsedDocument]) -> [Node] {
    var result: [Node?] = []
    var positions: [ResourceID: Int] = [:]
    for document in documents where document.isBase {
      add(document, &result, &positions)
    }
    var patched: [ResourceID: Int] = [:]
    for document in documents where !document.isBase {
      guard let id = document.id, let position = positions[id], let base = result[position] else {
        reportUselessPatch(document.node)
        add(document, &result, &patched)
        continue
      }
      if let first = patched.updateValue(position, forKey: id) {
        reportTwice(id, document.node, firstAt: result[first] ?? base)
      }
      result[position] = isDeletion(document.node) ? nil : merged(base, document.node, kind: id.kind)
    }
    return result.compactMap { $0 }
  }

  private mutating func add(
    _ document: ParsedDocument, _ result: inout [Node?], _ positions: inout [ResourceID: Int]
  ) {
    if let id = document.id {
      if let first = positions[id], let node = result[first] {
        return reportTwice(id, document.node, firstAt: node)
      }
      positions[id] = result.count
    }
    result.append(document.node)
  }

  private mutating func reportTwice(_ id: ResourceID, _ node: Node, firstAt first: Node) {
    diagnostics.append(.declaredTwice(id, at: node.location, firstAt: first.location))
  }

  private mutating func reportUselessPatch(_ node: Node) {
    guard let patch = node["$patch"] else { return }
    diagnostics.append(
      Diagnostic(
        at: patch.location, "‘$patch’ needs a document of the same kind and name in the base folder",
        hint: "remove the document, or check its kind and name"))
  }

  private mutating func isDeletion(_ node: Node) -> Bool {
    guard let patch = node["$patch"] else { return false }
    if patch.text == "delete" { return true }
    diagnostics.append(
      Diagnostic(
        at: patch.location, "‘$patch’ must be `delete`, found \(patch.found)", hint: "write `$patch: delete`")
    )
    return false
  }

  private func merged(_ base: Node, _ patch: Node, kind: String) -> Node {
    var content = TapeContent(files: files)
    let spec = schemas[kind]?.shape
    append(base, patch, to: &content) { key in key == "spec" ? spec : nil }
    return Node(Tape(content), 0)
  }

  private func append(
    _ base: Node, _ patch: Node, to content: inout TapeContent, shapeOf: (String) -> Shape?
  ) {
    let map = content.open(like: base)
    var changes: [String: Node] = [:]
    for (key, value) in patch.members where key.text != "$patch" { changes[key.text] = value }
    for (key, value) in base.members {
      guard let change = changes.removeValue(forKey: key.text) else {
        content.append(key)
        content.append(value)
        continue
      }
      guard change.kind != .null else { continue }
      content.append(key)
      append(value, change, shapeOf(key.text), to: &content)
    }
    for (key, value) in patch.members where changes[key.text] != nil && value.kind != .null {
      content.append(key)
      content.append(value)
    }
    content.close(map)
  }

  private func append(_ base: Node, _ patch: Node, _ shape: Shape?, to content: inout TapeContent) {
    guard base.kind == .map, patch.kind == .map else {
      content.append(patch)
      return
    }
    switch shape?.form {
    case .object(let fields):
      append(base, patch, to: &content) { key in fields.first { $0.name == key }?.shape() }
    case .map(let value):
      append(base, patch, to: &content) { _ in value }
    case .choice(let cases):
      var old = base.members
      var new = patch.members
      if let before = old.next()?.key.text, let after = new.next()?.key, before != after.text,
        new.isEmpty, after.text != "$patch"
      {
        content.append(patch)
        return
      }
      append(base, patch, to: &content) { key in cases.first { $0.name == key }?.payload?() }
    default:
      append(base, patch, to: &content) { _ in nil }
    }
  }
}

extension Diagnostic {
  static func declaredTwice(_ id: ResourceID, at second: SourceLocation?, firstAt first: SourceLocation?)
    -> Diagnostic
  {
    Diagnostic(
      at: second, "‘\(id)’ stands here for the second time" + (first.map { ", first at \($0)" } ?? ""),
      hint: "rename or remove one of them")
  }
}
