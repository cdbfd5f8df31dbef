internal import Model
internal import Parquet
internal import Postgres

/// One column of an exported table: what is asked of the database, and what it becomes in the file.
struct ExportColumn: Sendable {
  enum Source: Sendable {
    case integer, timestamp, text, bytes
    /// The kind of the account that stands in that column of the result.
    case kindOfAccount(Int)
  }

  let name: String
  /// Nil for what is not asked of the database.
  let expression: String?
  let source: Source
  let type: ParquetSchema.ColumnType
  let isOptional: Bool

  static let credits = ParquetSchema.ColumnType.decimal(precision: 18, scale: 6)

  static func integer(_ name: String, _ expression: String? = nil, isOptional: Bool = false) -> ExportColumn {
    ExportColumn(name, expression ?? name, .integer, .int64, isOptional)
  }
  /// Micro-credits in the database, credits with six digits after the point in the file.
  static func credits(_ name: String, _ expression: String) -> ExportColumn {
    ExportColumn(name, expression, .integer, credits, false)
  }
  static func time(_ name: String, isOptional: Bool = false) -> ExportColumn {
    ExportColumn(name, name, .timestamp, .timestamp, isOptional)
  }
  static func text(_ name: String, isOptional: Bool = false) -> ExportColumn {
    ExportColumn(name, name, .text, .string, isOptional)
  }
  static func bytes(_ name: String) -> ExportColumn { ExportColumn(name, name, .bytes, .bytes, false) }
  static func kind(_ name: String, of account: Int) -> ExportColumn {
    ExportColumn(name, nil, .kindOfAccount(account), .string, false)
  }

  private init(
    _ name: String, _ expression: String?, _ source: Source, _ type: ParquetSchema.ColumnType,
    _ isOptional: Bool
  ) {
    self.name = name
    self.expression = expression
    self.source = source
    self.type = type
    self.isOptional = isOptional
  }
}

/// A table of which each day becomes a file, by id. The first column is the id.
struct ExportTable: Sendable {
  let name: String
  let source: String
  let columns: [ExportColumn]
  /// The column whose sum stands in the manifest.
  let summed: String

  static let entries = ExportTable(
    name: "entries", source: "ledger_entries",
    columns: [
      .integer("id"), .time("recorded_at"), .integer("debit_account"), .kind("debit_kind", of: 2),
      .integer("debit_number"), .credits("debit_balance", "debit_balance_micro"), .bytes("debit_hash"),
      .integer("credit_account"), .kind("credit_kind", of: 6), .integer("credit_number"),
      .credits("credit_balance", "credit_balance_micro"), .bytes("credit_hash"),
      .credits("amount", "amount_micro"), .credits("gross", "gross_micro"), .text("type"), .text("job"),
      .integer("hold", isOptional: true),
    ], summed: "amount")

  /// An event stands in the file of the day on which it was recorded, as settled as it was when that was written.
  static let usage = ExportTable(
    name: "usage", source: "usage_events",
    columns: [
      .integer("id"), .time("recorded_at"), .text("attempt"), .text("job"), .text("module"),
      .integer("account"), .integer("hold"), .integer("node_account"), .integer("developer_account"),
      .integer("gpu_ms"), .integer("cpu_ms"), .credits("price", "price_micro"),
      .time("settled_at", isOptional: true), .text("outcome", isOptional: true),
    ], summed: "price")

  static let all = [entries, usage]
  /// Rows that are read at a time: as many as stay in the processor's cache while they are taken apart by columns.
  static let pageSize = 4_000

  /// The rows of a day behind one id, up to another. The number of rows stands in the text, so that the server plans
  /// for it.
  var page: String {
    """
    SELECT \(columns.compactMap(\.expression).joined(separator: ", ")) FROM \(source)
    WHERE id > $1 AND id <= $2 AND recorded_at >= $3 AND recorded_at < $4 ORDER BY id LIMIT \(ExportTable.pageSize)
    """
  }

  /// The smallest and the greatest id of a day. They are found by time: the sum keeps the server from walking along the
  /// ids until it meets the day.
  var ids: String {
    "SELECT min(id + 0), max(id + 0) FROM \(source) WHERE recorded_at >= $1 AND recorded_at < $2"
  }

  func schema() throws(ParquetError) -> ParquetSchema {
    try ParquetSchema(
      columns.map { ParquetSchema.Column($0.name, $0.type, isOptional: $0.isOptional) })
  }

  /// The rows as columns of the file.
  /// - Parameter kinds: of accounts by their id.
  func batch(
    _ rows: BinaryRows, kinds: [Int64: LedgerStore.AccountKind]
  ) throws(PostgresError) -> [ParquetColumn] {
    var batch: [ParquetColumn] = []
    var place = 0
    for column in columns {
      switch column.source {
      case .integer, .timestamp:
        var values = ParquetValues<Int64>()
        let take = { (value: Int64?) in if let value { values.append(value) } else { values.appendNull() } }
        if case .integer = column.source {
          try rows.integers(place, take)
        } else {
          try rows.timestamps(place, take)
        }
        batch.append(.int64(values))
      case .text, .bytes:
        var values = ParquetBytes()
        rows.values(place) { if let bytes = $0 { values.append(bytes) } else { values.appendNull() } }
        batch.append(.bytes(values))
      case .kindOfAccount(let place):
        var values = ParquetBytes()
        try rows.integers(place) { values.append($0.flatMap { kinds[$0] }?.rawValue ?? "") }
        batch.append(.bytes(values))
      }
      if column.expression != nil { place += 1 }
    }
    return batch
  }
}
