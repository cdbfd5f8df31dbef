package import Model

/// A type that is parsed from the server's text format.
package protocol SQLReadable: Sendable {
  /// The type's name in errors, such as `a whole number`.
  static var nameInErrors: String { get }
  /// Returns nil when the bytes are not such a value.
  static func read(_ bytes: UnsafeRawBufferPointer) -> Self?
}

extension Row {
  package func value<V: SQLReadable>(_ column: Column, as type: V.Type = V.self) throws(PostgresError) -> V {
    let cell = try cell(column)
    guard !cell.isNull, let value = V.read(cell.bytes) else { throw cell.mismatch(V.nameInErrors) }
    return value
  }

  /// Nil for NULL.
  package func optional<V: SQLReadable>(
    _ column: Column, as type: V.Type = V.self
  ) throws(PostgresError) -> V? {
    let cell = try cell(column)
    guard !cell.isNull else { return nil }
    guard let value = V.read(cell.bytes) else { throw cell.mismatch(V.nameInErrors) }
    return value
  }

  /// The text form of a value of any type.
  package func text(_ column: Column) throws(PostgresError) -> String { try value(column) }
  package func int(_ column: Column) throws(PostgresError) -> Int64 { try value(column) }
  package func bool(_ column: Column) throws(PostgresError) -> Bool { try value(column) }
  package func double(_ column: Column) throws(PostgresError) -> Double { try value(column) }
  package func bytes(_ column: Column) throws(PostgresError) -> [UInt8] {
    try value(column, as: Bytea.self).bytes
  }
  package func timestamp(_ column: Column) throws(PostgresError) -> Timestamp { try value(column) }
  package func json(_ column: Column) throws(PostgresError) -> Value { try value(column) }
  package func textArray(_ column: Column) throws(PostgresError) -> [String] { try value(column) }
  package func intArray(_ column: Column) throws(PostgresError) -> [Int64] { try value(column) }

  package func optionalText(_ column: Column) throws(PostgresError) -> String? { try optional(column) }
  package func optionalInt(_ column: Column) throws(PostgresError) -> Int64? { try optional(column) }
  package func optionalBool(_ column: Column) throws(PostgresError) -> Bool? { try optional(column) }
  package func optionalBytes(_ column: Column) throws(PostgresError) -> [UInt8]? {
    try optional(column, as: Bytea.self)?.bytes
  }
  package func optionalTimestamp(_ column: Column) throws(PostgresError) -> Timestamp? {
    try optional(column)
  }
  package func optionalJSON(_ column: Column) throws(PostgresError) -> Value? { try optional(column) }
}

extension String: SQLReadable {
  package static var nameInErrors: String { "text" }
  package static func read(_ bytes: UnsafeRawBufferPointer) -> String? {
    String(decoding: bytes, as: UTF8.self)
  }
}

extension Int64: SQLReadable {
  package static var nameInErrors: String { "a whole number" }
  package static func read(_ bytes: UnsafeRawBufferPointer) -> Int64? {
    let isNegative = bytes.first == UInt8(ascii: "-")
    let digits = isNegative ? bytes.dropFirst() : bytes[...]
    guard !digits.isEmpty else { return nil }
    var value: Int64 = 0
    for byte in digits {
      guard byte >= 48, byte <= 57 else { return nil }
      let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
      // Counting downwards reaches the smallest number, which has no positive counterpart.
      let (sum, isTooSmall) = product.subtractingReportingOverflow(Int64(byte - 48))
      guard !isTooLarge, !isTooSmall else { return nil }
      value = sum
    }
    guard !isNegative else { return value }
    return value == .min ? nil : -value
  }
}

extension Int: SQLReadable {
  package static var nameInErrors: String { Int64.nameInErrors }
  package static func read(_ bytes: UnsafeRawBufferPointer) -> Int? {
    Int64.read(bytes).flatMap(Int.init(exactly:))
  }
}

extension Bool: SQLReadable {
  package static var nameInErrors: String { "a truth value" }
  package static func read(_ bytes: UnsafeRawBufferPointer) -> Bool? {
    guard bytes.count == 1 else { return nil }
    switch bytes[0] {
    case UInt8(ascii: "t"): return true
    case UInt8(ascii: "f"): return false
    default: return nil
    }
  }
}

extension Double: SQLReadable {
  package static var nameInErrors: String { "a floating-point number" }
  package static func read(_ bytes: UnsafeRawBufferPointer) -> Double? {
    Double(String(decoding: bytes, as: UTF8.self))
  }
}

extension Value: SQLReadable {
  package static var nameInErrors: String { "JSON" }
  package static func read(_ bytes: UnsafeRawBufferPointer) -> Value? { try? Value(json: bytes) }
}

/// `bytea` in hexadecimal form.
private struct Bytea: SQLReadable {
  let bytes: [UInt8]

  static var nameInErrors: String { "bytea" }

  static func read(_ text: UnsafeRawBufferPointer) -> Bytea? {
    guard text.count >= 2, text.count.isMultiple(of: 2), text[0] == UInt8(ascii: "\\"),
      text[1] == UInt8(ascii: "x")
    else { return nil }
    func nibble(_ digit: UInt8) -> UInt8? {
      switch digit {
      case 48...57: digit - 48
      case 97...102: digit - 87
      default: nil
      }
    }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.count / 2 - 1)
    for index in stride(from: 2, to: text.count, by: 2) {
      guard let high = nibble(text[index]), let low = nibble(text[index + 1]) else { return nil }
      bytes.append(high << 4 | low)
    }
    return Bytea(bytes: bytes)
  }
}
