package import Model

/// A parameter of a statement. The server infers its type from the context; a cast such as `$1::int` is
/// needed only where the context leaves it open, as in `SELECT $1`.
package enum SQLValue: Hashable, Sendable {
  case null
  case text(String)
  case int(Int64)
  case bool(Bool)
  case double(Double)
  /// For `bytea`.
  case bytes([UInt8])
  /// For `timestamptz`.
  case timestamp(Timestamp)
  /// For `json` and `jsonb`.
  case json(Value)
  case textArray([String])
  case intArray([Int64])
  /// An array of any values, NULLs included.
  case array([SQLValue])

  /// The value, or NULL for nil: `.optional(name, SQLValue.text)`.
  package static func optional<Wrapped>(_ value: Wrapped?, _ make: (Wrapped) -> SQLValue) -> SQLValue {
    value.map(make) ?? .null
  }
}

/// One statement with its parameters; `$1` is the first.
package struct Statement: Hashable, Sendable {
  package let sql: String
  package let parameters: [SQLValue]
  /// Whether results arrive in the server's binary format, which only `BinaryRows` reads.
  var wantsBinary = false

  package init(_ sql: String, _ parameters: [SQLValue] = []) {
    self.sql = sql
    self.parameters = parameters
  }
}

extension SQLValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByNilLiteral
{
  package init(stringLiteral value: String) { self = .text(value) }
  package init(integerLiteral value: Int64) { self = .int(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(nilLiteral: ()) { self = .null }
}

extension SQLValue {
  var isNull: Bool { self == .null }
  var isBinary: Bool { if case .bytes = self { true } else { false } }

  /// Appends the text form; for `.bytes` the bytes themselves, which are sent in the binary format.
  func write(into buffer: inout [UInt8]) {
    switch self {
    case .null: break
    case .text(let text): buffer.append(contentsOf: text.utf8)
    case .int(let number): buffer.append(contentsOf: String(number).utf8)
    case .bool(let flag): buffer.append(UInt8(ascii: flag ? "t" : "f"))
    case .double(let number): buffer.append(contentsOf: String(number).utf8)
    case .bytes(let bytes): buffer.append(contentsOf: bytes)
    case .timestamp(let time): buffer.append(contentsOf: time.description.utf8)
    case .json(let value): buffer.append(contentsOf: value.jsonBytes())
    case .textArray(let texts): SQLValue.writeArray(texts, into: &buffer) { $1.appendQuoted($0.utf8) }
    case .intArray(let numbers):
      SQLValue.writeArray(numbers, into: &buffer) { $1.append(contentsOf: String($0).utf8) }
    case .array(let values): SQLValue.writeArray(values, into: &buffer) { $0.writeElement(into: &$1) }
    }
  }

  private func writeElement(into buffer: inout [UInt8]) {
    switch self {
    case .null: buffer.append(contentsOf: "NULL".utf8)
    case .array, .textArray, .intArray: write(into: &buffer)
    case .bytes(let bytes):
      var hex: [UInt8] = Array(#"\x"#.utf8)
      for byte in bytes {
        hex.append(contentsOf: [byte >> 4, byte & 15].map { $0 < 10 ? 48 + $0 : 87 + $0 })
      }
      buffer.appendQuoted(hex)
    default:
      var element: [UInt8] = []
      write(into: &element)
      buffer.appendQuoted(element)
    }
  }

  private static func writeArray<Element>(
    _ elements: [Element], into buffer: inout [UInt8], each: (Element, inout [UInt8]) -> Void
  ) {
    buffer.append(UInt8(ascii: "{"))
    for (index, element) in elements.enumerated() {
      if index > 0 { buffer.append(UInt8(ascii: ",")) }
      each(element, &buffer)
    }
    buffer.append(UInt8(ascii: "}"))
  }
}

extension [UInt8] {
  /// Appends an element of an array literal in double quotes.
  fileprivate mutating func appendQuoted(_ text: some Sequence<UInt8>) {
    append(UInt8(ascii: "\""))
    for byte in text {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
      append(byte)
    }
    append(UInt8(ascii: "\""))
  }
}

/// Parameters in libpq's layout: one buffer, and the offset of each value.
struct ParameterBuffer {
  private var bytes: [UInt8] = []
  private var offsets: [Int] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []

  init(_ values: [SQLValue]) {
    for value in values {
      offsets.append(value.isNull ? -1 : bytes.count)
      let start = bytes.count
      value.write(into: &bytes)
      lengths.append(Int32(bytes.count - start))
      formats.append(value.isBinary ? 1 : 0)
      bytes.append(0)
    }
  }

  var count: Int32 { Int32(offsets.count) }

  /// The pointers are valid only while `body` runs; libpq copies what it sends.
  func withPointers<Output>(
    _ body: (
      UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Output
  ) -> Output {
    guard count > 0 else { return body(nil, nil, nil) }
    return bytes.withUnsafeBytes { raw in
      let pointers = offsets.map { offset in
        offset < 0 ? nil : raw.baseAddress?.advanced(by: offset).assumingMemoryBound(to: CChar.self)
      }
      return pointers.withUnsafeBufferPointer { pointers in
        lengths.withUnsafeBufferPointer { lengths in
          formats.withUnsafeBufferPointer { formats in
            body(pointers.baseAddress, lengths.baseAddress, formats.baseAddress)
          }
        }
      }
    }
  }
}
