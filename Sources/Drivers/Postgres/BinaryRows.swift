internal import CLibPQ
internal import Model

/// Rows in the server's binary format, read column by column, for results of millions of rows. A NULL is nil;
/// a value of another type throws `.unexpectedValue`.
package struct BinaryRows: Sendable {
  private let result: QueryResult

  fileprivate init(_ rows: Rows) { result = rows.binaryResult }

  package var count: Int { result.count }

  /// Reads a `bigint` column.
  /// - Parameter rows: Nil for all rows.
  package func integers(
    _ column: String, in rows: Range<Int>? = nil, _ body: (Int64?) -> Void
  ) throws(PostgresError) {
    var isFit = true
    try values(column, in: rows) { bytes in
      guard let bytes else { return body(nil) }
      guard bytes.count == 8 else {
        isFit = false
        return
      }
      body(Int64(bigEndian: bytes.loadUnaligned(as: Int64.self)))
    }
    guard isFit else { throw mismatch(column, "a bigint") }
  }

  /// Reads a `timestamptz` column as microseconds since 1970.
  package func timestamps(
    _ column: String, in rows: Range<Int>? = nil, _ body: (Int64?) -> Void
  ) throws(PostgresError) {
    var isFit = true
    try integers(column, in: rows) { value in
      guard let value else { return body(nil) }
      // The server counts from 2000-01-01; its greatest and smallest numbers mean infinity.
      let (sum, overflows) = value.addingReportingOverflow(946_684_800_000_000)
      if overflows || value == .min { isFit = false } else { body(sum) }
    }
    guard isFit else { throw mismatch(column, "a finite timestamp") }
  }

  /// Reads the bytes of a `text` or `bytea` column, which are valid only during the call.
  package func values(
    _ column: String, in rows: Range<Int>? = nil, _ body: (UnsafeRawBufferPointer?) -> Void
  ) throws(PostgresError) {
    guard let index = result.columns.firstIndex(of: column) else {
      throw PostgresError(.unexpectedValue, "the result has no column \(column)", server: result.server)
    }
    let (pointer, column, rows) = (result.pointer, Int32(index), (rows ?? 0..<count).clamped(to: 0..<count))
    for row in Int32(rows.lowerBound)..<Int32(rows.upperBound) {
      let length = Int(PQgetlength(pointer, row, column))
      if length == 0, PQgetisnull(pointer, row, column) == 1 {
        body(nil)
      } else {
        body(UnsafeRawBufferPointer(start: PQgetvalue(pointer, row, column), count: length))
      }
    }
  }

  private func mismatch(_ column: String, _ wanted: String) -> PostgresError {
    PostgresError(.unexpectedValue, "column \(column) is not \(wanted)", server: result.server)
  }
}

extension Statement {
  /// libpq's number of the result format.
  var format: Int32 { wantsBinary ? 1 : 0 }
}

extension PostgresTransaction {
  /// Runs one statement whose rows arrive in the binary format.
  package func binary(
    _ sql: String, _ parameters: [SQLValue] = []
  ) async throws(PostgresError) -> BinaryRows {
    var statement = Statement(sql, parameters)
    statement.wantsBinary = true
    return BinaryRows(try await pipeline([statement])[0])
  }
}
