internal import Model
internal import Parquet
internal import Postgres

/// One column of an exported table: its expression in SQL and its type in the file.
struct ExportColumn: Sendable {
  enum Source: Sendable {
    case integer, timestamp, text, bytes
    /// The kind of the account whose id is in that column.
    case kindOfAccount(String)
  }

  let name: String
  /// Nil for a column that is not selected from the database.
  let expression: String?
  let source: Source
  let type: ParquetSchema.ColumnType
  let isOptional: Bool

  static let credits = ParquetSchema.ColumnType.decimal(precision: 18, scale: 6)

  static func integer(_ name: String, _ expression: String? = nil, isOptional: Bool = false) -> ExportColumn {
    ExportColumn(name, expression ?? name, .integer, .int64, isOptional)
  }
  /// Micro-credits in the database, credits with six decimal places in the file.
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
  static func kind(_ name: String, of account: String) -> ExportColumn {
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

/// A table that is exported as one file a day, in the order of ids. The first column is the id.
struct ExportTable: Sendable {
  let name: String
  let source: String
  let columns: [ExportColumn]
  /// The column whose sum is in the manifest.
  let summed: String

  static let entries = ExportTable(
    name: "entries", source: "ledger_entries",
    columns: [
      .integer("id"), .time("recorded_at"), .integer("debit_account"),
      .kind("debit_kind", of: "debit_account"),
      .integer("debit_number"), .credits("debit_balance", "debit_balance_micro"), .bytes("debit_hash"),
      .integer("credit_account"), .kind("credit_kind", of: "credit_account"), .integer("credit_number"),
      .credits("credit_balance", "credit_balance_micro"), .bytes("credit_hash"),
      .credits("amount", "amount_micro"), .credits("gross", "gross_micro"), .text("type"), .text("job"),
      .integer("hold", isOptional: true),
    ], summed: "amount")

  /// An event is in the file of the day on which it was recorded, with its settlement as of the export.
  static let usage = ExportTable(
    name: "usage", source: "usage_events",
    columns: [
      .integer("id"), .time("recorded_at"), .text("attempt"), .text("job"), .text("module"),
      .integer("account"), .integer("hold"), .integer("node_account"), .integer("developer_account"),
      .integer("gpu_ms"), .integer("cpu_ms"), .credits("price", "price_micro"),
      .time("settled_at", isOptional: true), .text("outcome", isOptional: true),
    ], summed: "price")

  static let all = [entries, usage]
  /// The rows of a page: as many as fit the processor's cache while they are split into columns.
  static let pageSize = 4_000

  /// The rows of a day after one id, up to another. The limit is part of the text, so that the server plans
  /// for it.
  var page: String {
    let selected = columns.compactMap { column in column.expression.map { "\($0) AS \(column.name)" } }
    return """
      SELECT \(selected.joined(separator: ", ")) FROM \(source)
      WHERE id > $1 AND id <= $2 AND recorded_at >= $3 AND recorded_at < $4
      ORDER BY id LIMIT \(ExportTable.pageSize)
      """
  }

  /// The smallest and the greatest id of a day. The addition keeps the server from scanning the index of ids
  /// from its start; it uses the index of times.
  var ids: String {
    """
    SELECT min(id + 0) AS first, max(id + 0) AS last FROM \(source)
    WHERE recorded_at >= $1 AND recorded_at < $2
    """
  }

  func schema() throws(ParquetError) -> ParquetSchema {
    try ParquetSchema(
      columns.map { ParquetSchema.Column($0.name, $0.type, isOptional: $0.isOptional) })
  }

  /// The rows as columns of the file.
  /// - Parameter kinds: The kinds of accounts by id.
  func batch(
    _ rows: BinaryRows, kinds: [Int64: LedgerStore.AccountKind]
  ) throws(PostgresError) -> [ParquetColumn] {
    var batch: [ParquetColumn] = []
    for column in columns {
      switch column.source {
      case .integer, .timestamp:
        var values = ParquetValues<Int64>()
        let append = { (value: Int64?) in if let value { values.append(value) } else { values.appendNull() } }
        if case .integer = column.source {
          try rows.integers(column.name, append)
        } else {
          try rows.timestamps(column.name, append)
        }
        batch.append(.int64(values))
      case .text, .bytes:
        var values = ParquetBytes()
        try rows.values(column.name) {
          if let bytes = $0 { values.append(bytes) } else { values.appendNull() }
        }
        batch.append(.bytes(values))
      case .kindOfAccount(let account):
        var values = ParquetBytes()
        try rows.integers(account) { values.append($0.flatMap { kinds[$0] }?.rawValue ?? "") }
        batch.append(.bytes(values))
      }
    }
    return batch
  }
}
