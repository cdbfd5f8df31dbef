import Parquet

/// One value of a test's column, as both sides render it: see `Tests/Support/Parquet/read.py`.
enum Cell: Comparable, Sendable {
  case number(Int64)
  case truth(Bool)
  case text(String)
  case bytes([UInt8])

  var rendered: String {
    switch self {
    case .number(let number): "\(number)"
    case .truth(let truth): "\(truth)"
    case .text(let text): text
    case .bytes(let bytes):
      bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }
  }

  /// The format's order: numbers with their sign, strings and bytes byte by byte.
  static func < (a: Cell, b: Cell) -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): a < b
    case (.truth(let a), .truth(let b)): !a && b
    case (.text(let a), .text(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
    case (.bytes(let a), .bytes(let b)): a.lexicographicallyPrecedes(b)
    default: false
    }
  }
}

/// A column with all its values.
struct CellColumn: Sendable {
  let column: ParquetSchema.Column
  let cells: [Cell?]

  init(_ name: String, _ type: ParquetSchema.ColumnType, isOptional: Bool = false, _ cells: [Cell?]) {
    column = ParquetSchema.Column(name, type, isOptional: isOptional)
    self.cells = cells
  }

  /// These rows as a batch has them.
  func batch(_ rows: Range<Int>) -> ParquetColumn {
    let cells = cells[rows]
    switch column.type {
    case .int64, .decimal, .timestamp: return .int64(ParquetValues(cells.map { number($0) }))
    case .int32, .date: return .int32(ParquetValues(cells.map { number($0).map { Int32($0) } }))
    case .boolean:
      return .boolean(ParquetValues(cells.map { if case .truth(let truth) = $0 { truth } else { nil } }))
    case .string:
      return .bytes(ParquetBytes(cells.map { if case .text(let text) = $0 { text } else { nil } }))
    case .bytes, .fixedBytes:
      return .bytes(ParquetBytes(cells.map { if case .bytes(let bytes) = $0 { bytes } else { nil } }))
    }
  }

  private func number(_ cell: Cell?) -> Int64? {
    if case .number(let number) = cell { number } else { nil }
  }
}

extension [CellColumn] {
  var schema: ParquetSchema { get throws { try ParquetSchema(map(\.column)) } }

  /// Writes all rows in batches of so many.
  func write(
    to path: String, batches: Int = 1000, metadata: [String: String] = [:],
    limits: ParquetLimits = ParquetLimits()
  ) throws -> ParquetSummary {
    let writer = try ParquetWriter(schema, path: path, metadata: metadata, limits: limits)
    let rows = first?.cells.count ?? 0
    for start in stride(from: 0, to: rows, by: batches) {
      try writer.append(map { $0.batch(start..<Swift.min(start + batches, rows)) })
    }
    return try writer.finish()
  }
}
