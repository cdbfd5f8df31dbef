import Model
import Parquet
import Testing

/// What pyarrow and DuckDB read of what was written.
@Suite(.timeLimit(.minutes(5)))
struct RoundTripTests {
  struct Case: Sendable {
    let reason: String
    let columns: [CellColumn]
    var limits = ParquetLimits()
    var batches = 1000
  }

  static let types: [(ParquetSchema.ColumnType, [Cell])] = [
    (.int64, [.number(.min), .number(.max), .number(0), .number(-1)]),
    (.int32, [.number(Int64(Int32.min)), .number(Int64(Int32.max)), .number(7)]),
    (.boolean, [.truth(true), .truth(false), .truth(true)]),
    (.string, [.text(""), .text("Zürich"), .text("\u{1F4B6} 信用"), .text("zzz"), .text("\u{10FFFF}")]),
    (.bytes, [.bytes([]), .bytes([0]), .bytes([127, 255]), .bytes([128])]),
    (.fixedBytes(3), [.bytes([1, 2, 3]), .bytes([255, 0, 0]), .bytes([0, 255, 1])]),
    (
      .decimal(precision: 18, scale: 6),
      [.number(-999_999_999_999_999_999), .number(999_999_999_999_999_999), .number(-1), .number(400_000)]
    ),
    (.decimal(precision: 5, scale: 0), [.number(-99_999), .number(99_999)]),
    (
      .timestamp,
      [.number(-62_135_596_800_000_000), .number(-1), .number(0), .number(253_402_300_799_999_999)]
    ),
    (.date, [.number(-719_162), .number(-1), .number(0), .number(2_932_896)]),
  ]

  /// Every type with `count` rows; `isNull` says which are null, nil for required columns.
  static func everyType(_ count: Int, isNull: ((Int) -> Bool)? = nil) -> [CellColumn] {
    types.enumerated().map { index, type in
      let cells = (0..<count).map { row in isNull?(row) == true ? nil : type.1[row % type.1.count] }
      return CellColumn("c\(index)", type.0, isOptional: isNull != nil, cells)
    }
  }

  static func small(rowsPerGroup: Int = 1 << 18, rowsPerPage: Int = 1 << 16) -> ParquetLimits {
    var limits = ParquetLimits()
    limits.rowsPerGroup = rowsPerGroup
    limits.rowsPerPage = rowsPerPage
    return limits
  }

  static func texts(_ name: String, _ count: Int, _ text: (Int) -> String) -> CellColumn {
    CellColumn(name, .string, (0..<count).map { .text(text($0)) })
  }

  static let cases: [Case] = [
    Case(reason: "every type, required, extreme values", columns: everyType(60)),
    Case(reason: "no row: the schema alone", columns: everyType(0)),
    Case(reason: "one row", columns: everyType(1)),
    Case(reason: "one row that is null", columns: everyType(1) { _ in true }),
    Case(reason: "optional without a null", columns: everyType(100) { _ in false }),
    Case(reason: "all null", columns: everyType(100) { _ in true }),
    Case(reason: "alternating nulls", columns: everyType(101) { $0 % 2 == 1 }),
    Case(
      reason: "runs of nulls that end anywhere in a group of eight",
      columns: everyType(997) { $0 / 13 % 2 == 0 }),
    Case(reason: "long runs of nulls", columns: everyType(5000) { $0 / 1024 % 2 == 1 }),
    Case(reason: "null first, then values", columns: everyType(300) { $0 < 150 }),
    Case(
      reason: "many row groups, and a last one that is short", columns: everyType(2345) { $0 % 7 == 3 },
      limits: small(rowsPerGroup: 500), batches: 333),
    Case(
      reason: "exactly two full row groups", columns: everyType(1000), limits: small(rowsPerGroup: 500),
      batches: 1000),
    Case(
      reason: "pages of one row", columns: everyType(40) { $0 % 3 == 0 }, limits: small(rowsPerPage: 1)),
    Case(
      reason: "pages that end within a batch, some of nulls only",
      columns: everyType(1000) { $0 / 100 % 3 == 0 },
      limits: small(rowsPerPage: 37), batches: 90),
    Case(
      reason: "few and many distinct strings",
      columns: [
        texts("few", 20_000) { "kind-\($0 % 5)" }, texts("one", 20_000) { _ in "same" },
        texts("many", 20_000) { "entry-\($0)" },
        texts("growing", 20_000) { $0 < 9000 ? "kind-\($0 % 3)" : "entry-\($0)" },
      ], limits: small(rowsPerPage: 4000)),
    Case(
      reason: "a dictionary that fills up within a page", columns: [texts("growing", 40_000) { "e\($0 / 2)" }]
    ),
  ]

  @Test("Both readers return the written values")
  func bothReadersReturnTheWrittenValues() async throws {
    let folder = try TemporaryFolder()
    var paths: [String] = []
    for (index, item) in RoundTripTests.cases.enumerated() {
      let path = "\(folder.path)/\(index).parquet"
      let summary = try item.columns.write(to: path, batches: item.batches, limits: item.limits)
      let bytes = try contents(of: path)
      #expect(summary.rows == Int64(item.columns[0].cells.count), "\(item.reason)")
      #expect(summary.bytes == Int64(bytes.count), "\(item.reason)")
      #expect(summary.digest == Digest(of: bytes), "\(item.reason)")
      paths.append(path)
    }
    let readings = try await Reading.of(paths)
    try #require(readings.count == paths.count)
    for (reading, item) in zip(readings, RoundTripTests.cases) {
      reading.agrees(with: item.columns, item.reason)
    }
  }

  @Test("Readers know the types") func readersKnowTheTypes() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/types.parquet"
    let required = RoundTripTests.everyType(3)
    let optional = RoundTripTests.everyType(3) { _ in false }.map {
      CellColumn("o\($0.column.name)", $0.column.type, isOptional: true, $0.cells)
    }
    _ = try (required + optional).write(
      to: path, metadata: ["table": "entries", "day": "2026-11-22", "environment": "prød"])
    let reading = try await Reading.of(path)
    let arrow = [
      "int64", "int32", "bool", "string", "binary", "fixed_size_binary[3]", "decimal128(18, 6)",
      "decimal128(5, 0)", "timestamp[us, tz=UTC]", "date32[day]",
    ]
    let duckdb = [
      "BIGINT", "INTEGER", "BOOLEAN", "VARCHAR", "BLOB", "BLOB", "DECIMAL(18,6)", "DECIMAL(5,0)",
      "TIMESTAMP WITH TIME ZONE", "DATE",
    ]
    let converted = [
      "NONE", "NONE", "NONE", "UTF8", "NONE", "NONE", "DECIMAL", "DECIMAL", "TIMESTAMP_MICROS", "DATE",
    ]
    #expect(reading.arrow["types"]?.items.map(\.text) == arrow + arrow)
    #expect(reading.duckdb["types"]?.items.map(\.text) == duckdb + duckdb)
    #expect(reading.arrow["converted"]?.items.map(\.text) == converted + converted)
    let logical = reading.arrow["logical"]?.items.compactMap(\.text) ?? []
    #expect(logical.contains { $0.contains("Timestamp(isAdjustedToUTC=true, timeUnit=microseconds") })
    #expect(logical.contains("Decimal(precision=18, scale=6)"))
    #expect(
      reading.arrow["optional"]?.items
        == required.map { _ in .bool(false) } + optional.map { _ in .bool(true) })
    #expect(reading.arrow["creator"]?.text == "rendertrust")
    #expect(
      reading.arrow["metadata"]
        == .object([
          "table": .string("entries"), "day": .string("2026-11-22"), "environment": .string("prød"),
        ]))
  }

  @Test("Strings have a dictionary where it saves space")
  func stringsHaveADictionaryWhereItSavesSpace() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/dictionary.parquet"
    let columns = [
      RoundTripTests.texts("few", 6000) { "kind-\($0 % 5)" },
      RoundTripTests.texts("many", 6000) { "entry-\($0)" },
      RoundTripTests.texts("growing", 6000) { $0 < 3000 ? "kind-\($0 % 5)" : "entry-\($0)" },
    ]
    var limits = RoundTripTests.small(rowsPerPage: 1000)
    limits.dictionaryEntries = 500
    _ = try columns.write(to: path, limits: limits)
    let reading = try await Reading.of(path)
    reading.agrees(with: columns, "dictionaries")
    let encodings = reading.groups[0]["chunks"]?.items.map { $0["encodings"]?.items.compactMap(\.text) ?? [] }
    #expect(
      encodings == [
        ["PLAIN", "RLE", "RLE_DICTIONARY"], ["PLAIN", "RLE"], ["PLAIN", "RLE", "RLE_DICTIONARY"],
      ])
  }

  /// Values of 6 KiB and more, whose bounds would be too long for a footer.
  @Test("Values may be longer than a page") func valuesMayBeLongerThanAPage() async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/long.parquet"
    let columns = [
      RoundTripTests.texts("long", 9) { String(repeating: $0 % 4 == 0 ? "ä" : "b", count: 6 << 10) },
      RoundTripTests.texts("short", 9) { "\($0)" },
    ]
    var limits = ParquetLimits()
    limits.bytesPerPage = 1000
    limits.bytesPerGroup = 20_000
    _ = try columns.write(to: path, batches: 2, limits: limits)
    let reading = try await Reading.of(path)
    for reader in [reading.arrow, reading.duckdb] {
      let read = reader["columns"]?.items.map { $0.items.map(\.text) }
      let isSame = read == columns.map { $0.cells.map { $0?.rendered } }
      #expect(isSame)
    }
    #expect(reading.groups[0]["chunks"]?.items[0]["bounds"] == .array([.null, .null]))
  }
}
