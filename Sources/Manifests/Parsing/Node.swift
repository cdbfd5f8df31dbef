package import Model

/// A scalar, a list or a map of a document, with its location. A cheap handle; text is made on
/// demand.
package struct Node: Sendable {
  let tape: Tape
  let index: Int

  init(_ tape: Tape, _ index: Int) {
    self.tape = tape
    self.index = index
  }

  /// A document from a value that was stored before; its locations are empty.
  package init(_ value: Value) {
    var content = TapeContent(files: [""])
    content.append(value)
    self.init(Tape(content), 0)
  }

  /// An empty map at the location of `node`, under a key of this name.
  static func emptyMap(named name: String, at node: Node) -> Node {
    var content = TapeContent(files: node.tape.files)
    content.append(.object([Value.Member(name, .object([]))]))
    for index in content.records.indices {
      content.records[index].file = node.record.file
      content.records[index].line = node.record.line
      content.records[index].column = node.record.column
    }
    return Node(Tape(content), 2)
  }

  package enum Kind: Sendable { case null, scalar, list, map }

  var record: Tape.Record { tape.records[index] }

  package var kind: Kind {
    switch record.kind {
    case .null: .null
    case .plain, .quoted: .scalar
    case .sequence: .list
    case .mapping: .map
    }
  }

  /// Whether this is a scalar without quotes, which may be a number or a Boolean.
  package var isPlain: Bool { record.kind == .plain }

  /// The text of a scalar; empty for lists, maps and null.
  package var text: String {
    withUTF8 { String(decoding: $0, as: UTF8.self) }
  }

  /// Passes the text of a scalar without copying it.
  func withUTF8<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    let record = record
    let start = Int(record.start)
    return tape.bytes.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[start..<start + Int(record.length)]))
    }
  }

  func hasText(_ other: [UInt8]) -> Bool {
    withUTF8 { bytes in
      bytes.count == other.count && bytes.elementsEqual(other)
    }
  }

  package var location: SourceLocation {
    let record = record
    return SourceLocation(
      file: tape.files[Int(record.file)], line: Int(record.line), column: Int(record.column))
  }

  /// The items of a list; none for anything else.
  package var elements: Children {
    record.kind == .sequence ? Children(tape, index + 1, Int(record.end)) : Children(tape, 0, 0)
  }

  /// The keys and values of a map in the order they are written; none for anything else.
  package var members: Members {
    Members(
      children: record.kind == .mapping ? Children(tape, index + 1, Int(record.end)) : Children(tape, 0, 0))
  }

  /// The value of a key; nil where the key is missing or this is not a map.
  package subscript(_ key: String) -> Node? {
    var key = key
    return key.withUTF8 { name in
      for member in members where member.key.withUTF8({ $0.count == name.count && $0.elementsEqual(name) }) {
        return member.value
      }
      return nil
    }
  }

  package struct Children: Sequence, IteratorProtocol, Sendable {
    private let tape: Tape
    private var index: Int
    private let end: Int

    init(_ tape: Tape, _ start: Int, _ end: Int) {
      self.tape = tape
      index = start
      self.end = end
    }

    package mutating func next() -> Node? {
      guard index < end else { return nil }
      let node = Node(tape, index)
      index = Int(tape.records[index].end)
      return node
    }

    package var isEmpty: Bool { index >= end }
  }

  package struct Members: Sequence, IteratorProtocol, Sendable {
    fileprivate var children: Children

    package mutating func next() -> (key: Node, value: Node)? {
      guard let key = children.next(), let value = children.next() else { return nil }
      return (key, value)
    }

    package var isEmpty: Bool { children.isEmpty }
  }
}
