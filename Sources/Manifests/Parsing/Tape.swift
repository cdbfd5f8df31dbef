internal import Model

/// YAML documents as one flat array of small records in preorder, over one buffer of scalar text.
///
/// A mapping's records are key, value, key, value …; a subtree is a contiguous range, so that skipping it is
/// one assignment and copying it (aliases, overlays) one append.
package final class Tape: Sendable {
  let records: [Record]
  let bytes: [UInt8]
  let files: [String]
  /// The decoded documents of this tape, for reuse; see `ManifestCache`.
  let decoded = DecodedCache()

  init(_ content: TapeContent) {
    records = content.records
    bytes = content.bytes
    files = content.files
  }

  enum Kind: UInt8, Sendable {
    case null, plain, quoted, sequence, mapping
  }

  struct Record: Sendable {
    var kind: Kind
    /// Whether the scalar holds a `$` and is not a key, so that only few scalars are searched for variables.
    var hasDollar = false
    var file: UInt32 = 0
    /// Range of the scalar's text in `bytes`.
    var start: UInt32 = 0
    var length: UInt32 = 0
    /// Index after the last record of the subtree.
    var end: UInt32 = 0
    /// Both count from 1; 0 where the document has no text.
    var line: UInt32 = 0
    var column: UInt32 = 0
  }
}

/// A tape under construction.
struct TapeContent: Sendable {
  var records: [Tape.Record] = []
  var bytes: [UInt8] = []
  var files: [String]

  init(files: [String]) { self.files = files }

  mutating func appendScalar(_ kind: Tape.Kind, _ text: String) {
    var record = Tape.Record(kind: kind)
    record.start = UInt32(bytes.count)
    bytes.append(contentsOf: text.utf8)
    record.length = UInt32(bytes.count) - record.start
    record.end = UInt32(records.count + 1)
    records.append(record)
  }

  /// Appends a value that was not parsed from text, such as a stored spec; its records have no location.
  mutating func append(_ value: Value) {
    switch value {
    case .null: appendScalar(.null, "")
    case .bool(let flag): appendScalar(.plain, flag ? "true" : "false")
    case .integer(let number): appendScalar(.plain, String(number))
    case .decimal(let text): appendScalar(.plain, text)
    case .string(let text): appendScalar(.quoted, text)
    case .array(let elements):
      let start = open(.sequence)
      for element in elements { append(element) }
      close(start)
    case .object(let members):
      let start = open(.mapping)
      for member in members {
        appendScalar(.quoted, member.key)
        append(member.value)
      }
      close(start)
    }
  }

  mutating func open(_ kind: Tape.Kind) -> Int {
    records.append(Tape.Record(kind: kind))
    return records.count - 1
  }

  /// Opens a list or map at the location of `node`.
  mutating func open(like node: Node) -> Int {
    records.append(node.record)
    return records.count - 1
  }

  mutating func close(_ index: Int) { records[index].end = UInt32(records.count) }

  /// Appends a copy of a subtree of this tape.
  mutating func copy(_ range: Range<Int>) {
    let shift = UInt32(records.count - range.lowerBound)
    for index in range {
      var record = records[index]
      record.end += shift
      records.append(record)
    }
  }

  /// Appends a copy of a subtree of another tape with the same files.
  @discardableResult
  mutating func append(_ node: Node) -> Int {
    let first = records.count
    for index in node.index..<Int(node.record.end) {
      var record = node.tape.records[index]
      let text = node.tape.bytes[Int(record.start)..<Int(record.start + record.length)]
      record.start = UInt32(bytes.count)
      record.end = UInt32(Int(record.end) - node.index + first)
      bytes.append(contentsOf: text)
      records.append(record)
    }
    return first
  }

  func text(of index: Int) -> String {
    let record = records[index]
    return String(decoding: bytes[Int(record.start)..<Int(record.start + record.length)], as: UTF8.self)
  }

  /// The first duplicate key of a map, as the indices of both; nil where all keys differ.
  func firstRepeatedKey(of map: Int) -> (first: Int, second: Int)? {
    let end = Int(records[map].end)
    var count = 0
    var index = map + 1
    while index < end {
      count += 1
      index = Int(records[Int(records[index].end)].end)
    }
    guard count > 1 else { return nil }
    return count <= 8 ? repeatedKeyByPairs(of: map) : repeatedKeyByHash(of: map)
  }

  private func repeatedKeyByPairs(of map: Int) -> (first: Int, second: Int)? {
    let end = Int(records[map].end)
    var later = map + 1
    while later < end {
      var earlier = map + 1
      while earlier < later {
        if haveSameText(earlier, later) { return (earlier, later) }
        earlier = Int(records[Int(records[earlier].end)].end)
      }
      later = Int(records[Int(records[later].end)].end)
    }
    return nil
  }

  private func repeatedKeyByHash(of map: Int) -> (first: Int, second: Int)? {
    let end = Int(records[map].end)
    var seen: [String: Int] = [:]
    var index = map + 1
    while index < end {
      if let first = seen.updateValue(index, forKey: text(of: index)) { return (first, index) }
      index = Int(records[Int(records[index].end)].end)
    }
    return nil
  }

  private func haveSameText(_ a: Int, _ b: Int) -> Bool {
    let a = records[a]
    let b = records[b]
    guard a.length == b.length else { return false }
    for offset in 0..<Int(a.length) where bytes[Int(a.start) + offset] != bytes[Int(b.start) + offset] {
      return false
    }
    return true
  }
}
