internal import Model

/// YAML documents as one flat array of small records in preorder, over one buffer of scalar text.
///
/// A mapping's records are key, value, key, value …; a subtree is a contiguous range, so that skipping it is one
/// assignment and copying it (aliases, overlays) one append.
package final class Tape: Sendable {
  let records: [Record]
  let bytes: [UInt8]
  let files: [String]

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
    /// Whether the scalar holds a `$`, so that variables need only look at few.
    var hasDollar = false
    var file: UInt16 = 0
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

/// A tape that is being written.
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

  /// Appends a value that never was text, such as a stored spec; its records have no place.
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

  mutating func close(_ index: Int) { records[index].end = UInt32(records.count) }
}
