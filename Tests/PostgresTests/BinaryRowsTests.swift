import Model
import Postgres
import PostgresSupport
import Testing

/// Rows in the binary format say what the text format says.
@Suite struct BinaryRowsTests {
  private func with(_ sql: String, _ body: (BinaryRows) throws -> Void) async throws {
    try await TestDatabase.with { pool in
      try await pool.transaction(throwingAny: { transaction in
        try body(try await transaction.binary(sql))
        // The same statement may request the other format.
        _ = try await transaction.query(sql)
      })
    }
  }

  private static let rows = """
    SELECT * FROM (VALUES
      (1, 9223372036854775807, timestamptz '2026-11-21 12:00:00.123456+02', 'é', '\\x00ff'::bytea),
      (2, -9223372036854775808, timestamptz '1969-12-31 23:59:59.999999Z', '', ''::bytea),
      (3, NULL, NULL, NULL, NULL)) v (n, number, time, text, bytes) ORDER BY n
    """

  @Test("Integers, timestamps, texts and bytes are read from the binary format")
  func integersTimestampsTextsAndBytesAreRead() async throws {
    try await with(Self.rows) { rows in
      #expect(rows.count == 3)
      var (numbers, times): ([Int64?], [Int64?]) = ([], [])
      var (texts, bytes): ([String?], [[UInt8]?]) = ([], [])
      try rows.integers("number") { numbers.append($0) }
      try rows.timestamps("time") { times.append($0) }
      try rows.values("text") { texts.append($0.map { String(decoding: $0, as: UTF8.self) }) }
      try rows.values("bytes") { bytes.append($0.map { Array($0) }) }
      #expect(numbers == [.max, .min, nil])
      #expect(times == [1_795_255_200_123_456, -1, nil])
      #expect(texts == ["é", "", nil] && bytes == [[0, 255], [], nil])
      var last: [String?] = []
      try rows.values("text", in: 1..<9) { last.append($0.map { String(decoding: $0, as: UTF8.self) }) }
      #expect(last == ["", nil])
    }
  }

  @Test(
    "A missing column or one of another type is an error",
    arguments: [
      "SELECT 1::int AS x", "SELECT 'eight by'::varchar(7) AS x", "SELECT true AS x", "SELECT 1::bigint AS y",
    ])
  func missingOrMistypedColumnIsAnError(sql: String) async throws {
    try await with(sql) { rows in
      let error = #expect(throws: PostgresError.self) { try rows.integers("x") { _ in } }
      #expect(error?.code == .unexpectedValue)
    }
  }

  @Test("An infinite timestamp is an error", arguments: ["infinity", "-infinity"])
  func anInfiniteTimestampIsAnError(time: String) async throws {
    try await with("SELECT timestamptz '\(time)' AS x") { rows in
      #expect(throws: PostgresError.self) { try rows.timestamps("x") { _ in } }
    }
  }
}
