internal import CLibPQ
internal import Model

/// The rows of a statement in the server's order; empty for statements that return none.
package struct Rows: Sendable, RandomAccessCollection {
  fileprivate let result: QueryResult

  init(_ result: QueryResult) { self.result = result }

  package var startIndex: Int { 0 }
  package var endIndex: Int { result.count }
  package subscript(position: Int) -> Row {
    precondition(indices.contains(position))
    return Row(result: result, index: Int32(position))
  }

  package var columns: [String] { result.columns }
  /// The number of rows that were inserted, updated, deleted or returned.
  package var affected: Int { result.affected }

  /// The only row; `.notFound` when there is none or more than one.
  package func only() throws(PostgresError) -> Row {
    guard count == 1 else {
      throw PostgresError(
        .notFound, "one row was expected where the statement returned \(count)", server: result.server)
    }
    return self[0]
  }
}

/// One row. Columns are named or counted from 0; reading a NULL, an absent column or another type throws
/// `.unexpectedValue`.
package struct Row: Sendable {
  let result: QueryResult
  let index: Int32

  /// Names a column: write a string or a number.
  package enum Column: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral {
    case name(String)
    case index(Int)

    package init(stringLiteral value: String) { self = .name(value) }
    package init(integerLiteral value: Int) { self = .index(value) }
  }

  package func isNull(_ column: Column) throws(PostgresError) -> Bool { try cell(column).isNull }

  func cell(_ column: Column) throws(PostgresError) -> Cell {
    let position: Int
    switch column {
    case .index(let index): position = index
    case .name(let name): position = result.columns.firstIndex(of: name) ?? -1
    }
    guard result.columns.indices.contains(position) else {
      let requested =
        switch column {
        case .name(let name): name
        case .index(let index): "number \(index)"
        }
      throw PostgresError(
        .unexpectedValue, "the result has no column \(requested)",
        hint: "it has \(result.columns.joined(separator: ", "))", server: result.server)
    }
    return Cell(row: self, column: Int32(position))
  }
}

/// One field of a row: the server's bytes, in its text format.
struct Cell {
  let row: Row
  let column: Int32

  var isNull: Bool { PQgetisnull(row.result.pointer, row.index, column) == 1 }

  /// Valid as long as the result, which `row` keeps alive.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: PQgetvalue(row.result.pointer, row.index, column),
      count: Int(PQgetlength(row.result.pointer, row.index, column)))
  }

  func mismatch(_ wanted: String) -> PostgresError {
    let name = row.result.columns[Int(column)]
    return PostgresError(
      .unexpectedValue,
      isNull ? "column \(name) is NULL where \(wanted) was expected" : "column \(name) is not \(wanted)",
      server: row.result.server)
  }
}

/// Owns a result of libpq. `@unchecked`: a result is read-only once it is complete, and libpq allows any
/// thread to read it; it is freed with its last reference.
final class QueryResult: @unchecked Sendable {
  let pointer: OpaquePointer
  let server: String
  let columns: [String]
  let count: Int

  init(_ pointer: OpaquePointer, server: String) {
    self.pointer = pointer
    self.server = server
    columns = (0..<PQnfields(pointer)).map { index in
      PQfname(pointer, index).map { String(cString: $0) } ?? ""
    }
    count = Int(PQntuples(pointer))
  }

  deinit { PQclear(pointer) }

  var affected: Int { PQcmdTuples(pointer).flatMap { Int(String(cString: $0)) } ?? 0 }
  /// `INSERT 0 1`, `COMMIT`, `ROLLBACK`.
  var tag: String { PQcmdStatus(pointer).map { String(cString: $0) } ?? "" }
}

extension Rows {
  var tag: String { result.tag }
  var binaryResult: QueryResult { result }
}
