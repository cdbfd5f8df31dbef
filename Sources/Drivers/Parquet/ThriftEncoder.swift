/// Writes structures in Thrift's compact protocol: fields in ascending order of their numbers, integers as
/// zigzag variable-length numbers.
struct ThriftEncoder {
  private(set) var bytes: ContiguousArray<UInt8> = []
  private var lastField = 0

  private enum Kind: UInt8 {
    case yes = 1
    case no = 2
    case int32 = 5
    case int64 = 6
    case binary = 8
    case list = 9
    case structure = 12
  }

  /// The bytes of one structure.
  static func structure(_ body: (inout ThriftEncoder) -> Void) -> ContiguousArray<UInt8> {
    var encoder = ThriftEncoder()
    body(&encoder)
    encoder.bytes.append(0)
    return encoder.bytes
  }

  mutating func boolean(_ field: Int, _ value: Bool) { header(field, value ? .yes : .no) }

  mutating func int32(_ field: Int, _ value: Int32) {
    header(field, .int32)
    zigzag(Int64(value))
  }

  mutating func int64(_ field: Int, _ value: Int64) {
    header(field, .int64)
    zigzag(value)
  }

  mutating func binary(_ field: Int, _ value: some Collection<UInt8>) {
    header(field, .binary)
    raw(value)
  }

  mutating func string(_ field: Int, _ value: String) { binary(field, value.utf8) }

  mutating func structure(_ field: Int, _ body: (inout ThriftEncoder) -> Void = { _ in }) {
    header(field, .structure)
    nested(body)
  }

  mutating func structures<Item>(
    _ field: Int, _ items: some Collection<Item>, _ body: (inout ThriftEncoder, Item) -> Void
  ) {
    list(field, .structure, items.count)
    for item in items { nested { body(&$0, item) } }
  }

  mutating func integerList(_ field: Int, _ items: [Int32]) {
    list(field, .int32, items.count)
    for item in items { zigzag(Int64(item)) }
  }

  mutating func strings(_ field: Int, _ items: [String]) {
    list(field, .binary, items.count)
    for item in items { raw(item.utf8) }
  }

  private mutating func nested(_ body: (inout ThriftEncoder) -> Void) {
    let outer = lastField
    lastField = 0
    body(&self)
    bytes.append(0)
    lastField = outer
  }

  private mutating func header(_ field: Int, _ kind: Kind) {
    let step = field - lastField
    if (1...15).contains(step) {
      bytes.append(UInt8(step) << 4 | kind.rawValue)
    } else {
      bytes.append(kind.rawValue)
      zigzag(Int64(field))
    }
    lastField = field
  }

  private mutating func list(_ field: Int, _ kind: Kind, _ count: Int) {
    header(field, .list)
    if count < 15 {
      bytes.append(UInt8(count) << 4 | kind.rawValue)
    } else {
      bytes.append(0xF0 | kind.rawValue)
      bytes.appendVariable(UInt64(count))
    }
  }

  private mutating func raw(_ value: some Collection<UInt8>) {
    bytes.appendVariable(UInt64(value.count))
    bytes.append(contentsOf: value)
  }

  private mutating func zigzag(_ value: Int64) {
    bytes.appendVariable(UInt64(bitPattern: value << 1 ^ value >> 63))
  }
}
