internal import Model
internal import Parquet
internal import Postgres

/// Writes one table's rows of a day to a file of this machine, page by page. Memory does not grow with the rows.
struct ExportWriter {
  private let table: ExportTable
  private let day: UTCDay
  private let kinds: [Int64: LedgerBooks.AccountKind]
  private var firstID: Int64?
  private var lastID: Int64?
  private var sum: Int128 = 0

  init(_ table: ExportTable, _ day: UTCDay, kinds: [Int64: LedgerBooks.AccountKind]) {
    self.table = table
    self.day = day
    self.kinds = kinds
  }

  /// The next page is on its way while this one is packed.
  mutating func write(
    to path: String, from transaction: PostgresTransaction
  ) async throws -> ExportManifest.File {
    let metadata = [
      "rendertrust.table": table.name, "rendertrust.day": day.description,
      "rendertrust.schema": String(ExportManifest.schemaVersion),
    ]
    let writer = try ParquetWriter(try table.schema(), path: path, metadata: metadata)
    var rows = try await ExportWriter.page(table, day, after: nil, in: transaction)
    while rows.count == ExportTable.pageSize {
      let (table, day, place) = (table, day, try end(of: rows))
      async let next = ExportWriter.page(table, day, after: place, in: transaction)
      try append(rows, to: writer)
      rows = try await next
    }
    try append(rows, to: writer)
    let summary = try writer.finish()
    return ExportManifest.File(
      path: ExportLayout.part(table.name, day), table: table.name, rows: summary.rows, bytes: summary.bytes,
      digest: summary.digest, firstID: firstID, lastID: lastID, sum: ExportWriter.text(sum))
  }

  private struct Place: Sendable {
    let time: Int64
    let id: Int64
  }

  private static func page(
    _ table: ExportTable, _ day: UTCDay, after place: Place?, in transaction: PostgresTransaction
  ) async throws(PostgresError) -> BinaryRows {
    let time = place.map { Timestamp(microseconds: $0.time) } ?? day.start
    return try await transaction.binary(
      table.page, [.timestamp(time), .int(place?.id ?? .min), .timestamp(day.end)])
  }

  private func end(of rows: BinaryRows) throws(PostgresError) -> Place {
    var (time, id): (Int64, Int64) = (0, 0)
    let last = rows.count - 1..<rows.count
    try rows.timestamps(1, in: last) { time = $0 ?? 0 }
    try rows.integers(0, in: last) { id = $0 ?? 0 }
    return Place(time: time, id: id)
  }

  private mutating func append(_ rows: BinaryRows, to writer: ParquetWriter) throws {
    let batch = try table.batch(rows, kinds: kinds)
    if case .int64(let ids) = batch[0] {
      for id in ids.values {
        firstID = min(firstID ?? id, id)
        lastID = max(lastID ?? id, id)
      }
    }
    if let index = table.columns.firstIndex(where: { $0.name == table.summed }),
      case .int64(let amounts) = batch[index]
    {
      sum = amounts.values.reduce(sum) { $0 + Int128($1) }
    }
    try writer.append(batch)
  }

  /// Micro-credits as credits, the shortest exact text.
  static func text(_ micro: Int128) -> String {
    let (whole, rest) = micro.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let fraction = Decimals.text(Int64(rest), digits: 6).dropFirst()
    return "\(micro < 0 ? "-" : "")\(whole)\(fraction)"
  }
}
