internal import Model
internal import Parquet
internal import Postgres

/// Writes a table's rows of one day to a local file, page by page. Memory does not grow with the number of
/// rows.
struct ExportWriter {
  private let table: ExportTable
  private let day: UTCDay
  private let kinds: [Int64: LedgerStore.AccountKind]
  private var firstID: Int64?
  private var lastID: Int64?
  private var sum: Int128 = 0

  init(_ table: ExportTable, _ day: UTCDay, kinds: [Int64: LedgerStore.AccountKind]) {
    self.table = table
    self.day = day
    self.kinds = kinds
  }

  /// Reads the next page while it encodes the current one.
  mutating func write(
    to path: String, from transaction: PostgresTransaction
  ) async throws -> ExportManifest.File {
    let metadata = [
      "rendertrust.table": table.name, "rendertrust.day": day.description,
      "rendertrust.schema": String(ExportManifest.schemaVersion),
    ]
    let writer = try ParquetWriter(try table.schema(), path: path, metadata: metadata)
    let ids = try await transaction.query(
      table.ids, [.timestamp(day.start), .timestamp(day.end)]
    ).only()
    if let first = try ids.optionalInt("first"), let last = try ids.optionalInt("last") {
      var rows = try await ExportWriter.page(table, day, after: first - 1, to: last, in: transaction)
      while rows.count == ExportTable.pageSize {
        let (table, day, end) = (table, day, try end(of: rows))
        async let next = ExportWriter.page(table, day, after: end, to: last, in: transaction)
        try append(rows, to: writer)
        rows = try await next
      }
      try append(rows, to: writer)
      (firstID, lastID) = (first, last)
    }
    let summary = try writer.finish()
    return ExportManifest.File(
      path: ExportLayout.part(table.name, day), table: table.name, rows: summary.rows, bytes: summary.bytes,
      digest: summary.digest, firstID: firstID, lastID: lastID, sum: ExportWriter.text(sum))
  }

  private static func page(
    _ table: ExportTable, _ day: UTCDay, after id: Int64, to last: Int64, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> BinaryRows {
    try await transaction.binary(
      table.page, [.int(id), .int(last), .timestamp(day.start), .timestamp(day.end)])
  }

  /// The greatest id of a page.
  private func end(of rows: BinaryRows) throws(PostgresError) -> Int64 {
    var id: Int64 = 0
    try rows.integers("id", in: rows.count - 1..<rows.count) { id = $0 ?? 0 }
    return id
  }

  private mutating func append(_ rows: BinaryRows, to writer: ParquetWriter) throws {
    let batch = try table.batch(rows, kinds: kinds)
    if let index = table.columns.firstIndex(where: { $0.name == table.summed }),
      case .int64(let amounts) = batch[index]
    {
      sum = amounts.values.reduce(sum) { $0 + Int128($1) }
    }
    try writer.append(batch)
  }

  /// The shortest exact decimal text of micro-credits, in credits.
  static func text(_ micro: Int128) -> String {
    let (whole, rest) = micro.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let fraction = Decimals.text(Int64(rest), digits: 6).dropFirst()
    return "\(micro < 0 ? "-" : "")\(whole)\(fraction)"
  }
}
