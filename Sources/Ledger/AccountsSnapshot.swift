internal import Model
internal import ObjectStorage
internal import Parquet
internal import Postgres

/// The only file of an export that contains names: all accounts in their current state.
struct AccountsSnapshot {
  let pool: PostgresPool
  let destination: ExportLocation
  /// The folder in which the file is built.
  let folder: String

  /// Replaces the file, then its manifest. If an account is erased meanwhile, both are written again, so that
  /// no erased name remains. Unchanged accounts are not sent again.
  func write() async throws {
    while true {
      let path = "\(folder)/accounts.parquet"
      let manifest = try await pool.transaction(
        TransactionOptions(isolation: .repeatableRead, isReadOnly: true),
        throwingAny: { transaction in try await AccountsSnapshot.write(to: path, from: transaction) })
      if try await !destination.has(manifest) {
        try await destination.put(file: path, at: ExportLayout.accounts)
        try await destination.put(manifest.encoded, at: ExportLayout.accountsManifest)
      }
      if try await erasures() == manifest.erasures { return }
    }
  }

  func erasures() async throws(PostgresError) -> Int64 {
    try await pool.query(AccountsSnapshot.count).only().int("erasures")
  }

  private static func write(
    to path: String, from transaction: PostgresTransaction
  ) async throws -> AccountsManifest {
    let erasures = try await transaction.query(count).only().int("erasures")
    let schema = try ParquetSchema([
      .init("id", .int64), .init("name", .string), .init("kind", .string),
      .init("balance", ExportColumn.credits), .init("opened_at", .timestamp),
      .init("erased_at", .timestamp, isOptional: true),
    ])
    let writer = try ParquetWriter(schema, path: path, metadata: ["rendertrust.table": "accounts"])
    var last = Int64.min
    while true {
      let rows = try await transaction.binary(page, [.int(last)])
      try writer.append(try batch(rows))
      try rows.integers("id", in: max(0, rows.count - 1)..<rows.count) { last = $0 ?? last }
      if rows.count < ExportTable.pageSize { break }
    }
    let summary = try writer.finish()
    return AccountsManifest(
      rows: summary.rows, bytes: summary.bytes, digest: summary.digest, erasures: erasures)
  }

  private static func batch(_ rows: BinaryRows) throws(PostgresError) -> [ParquetColumn] {
    var (ids, balances) = (ParquetValues<Int64>(), ParquetValues<Int64>())
    var (opened, erased) = (ParquetValues<Int64>(), ParquetValues<Int64>())
    var (names, kinds) = (ParquetBytes(), ParquetBytes())
    try rows.integers("id") { ids.append($0 ?? 0) }
    try rows.values("name") { if let name = $0 { names.append(name) } }
    try rows.values("kind") { if let kind = $0 { kinds.append(kind) } }
    try rows.integers("balance_micro") { balances.append($0 ?? 0) }
    try rows.timestamps("opened_at") { opened.append($0 ?? 0) }
    try rows.timestamps("erased_at") {
      if let time = $0 { erased.append(time) } else { erased.appendNull() }
    }
    return [
      .int64(ids), .bytes(names), .bytes(kinds), .int64(balances), .int64(opened), .int64(erased),
    ]
  }

  private static let count = "SELECT count(*) AS erasures FROM ledger_erasures"
  private static let page = """
    SELECT id, name, kind, balance_micro, opened_at, erased_at FROM accounts WHERE id > $1 ORDER BY id
    LIMIT \(ExportTable.pageSize)
    """
}
