internal import Model

/// The columns of a file, in order. Flat: no groups, no lists.
package struct ParquetSchema: Sendable, Hashable {
  package enum ColumnType: Sendable, Hashable {
    case int64
    case int32
    case boolean
    /// UTF-8.
    case string
    case bytes
    /// Bytes of one length, 1 to 4,096.
    case fixedBytes(Int)
    /// An Int64 that counts units of 10^-scale. Precision is 1 to 18 digits, scale 0 to precision.
    case decimal(precision: Int, scale: Int)
    /// An Int64 of microseconds since 1970-01-01T00:00:00Z.
    case timestamp
    /// An Int32 of days since 1970-01-01.
    case date
  }

  package struct Column: Sendable, Hashable {
    package let name: String
    package let type: ColumnType
    /// Whether rows may be null in this column.
    package let isOptional: Bool

    package init(_ name: String, _ type: ColumnType, isOptional: Bool = false) {
      self.name = name
      self.type = type
      self.isOptional = isOptional
    }
  }

  package let columns: [Column]

  /// Throws `.schema` when there is no column, a name is empty or duplicate, or a type's numbers are out of
  /// range.
  package init(_ columns: [Column]) throws(ParquetError) {
    guard !columns.isEmpty else { throw ParquetError(.schema, "the schema has no columns") }
    var names: Set<String> = []
    for column in columns {
      guard !column.name.isEmpty else { throw ParquetError(.schema, "a column has no name") }
      guard names.insert(column.name).inserted else {
        throw ParquetError(.schema, "two columns are named \(column.name)")
      }
      if let fault = column.type.fault {
        throw ParquetError(.schema, "column \(column.name) is \(fault)")
      }
    }
    self.columns = columns
  }
}

extension ParquetSchema.ColumnType {
  /// The error in the type's numbers; nil when they are valid.
  fileprivate var fault: String? {
    switch self {
    case .decimal(let precision, let scale):
      if !(1...18).contains(precision) { return "a decimal of \(precision) digits: 1 to 18 can be written" }
      if !(0...precision).contains(scale) {
        return "a decimal of \(precision) digits with \(scale) after the point: 0 to \(precision) can be"
      }
      return nil
    case .fixedBytes(let length):
      return (1...4096).contains(length) ? nil : "of \(length) bytes: 1 to 4096 can be written"
    default: return nil
    }
  }

  /// The layout of values in pages. The raw values are the format's.
  enum Storage: Int32 {
    case boolean = 0
    case int32 = 1
    case int64 = 2
    case byteArray = 6
    case fixedByteArray = 7
  }

  var storage: Storage {
    switch self {
    case .boolean: .boolean
    case .int32, .date: .int32
    case .int64, .decimal, .timestamp: .int64
    case .string, .bytes: .byteArray
    case .fixedBytes: .fixedByteArray
    }
  }
}
