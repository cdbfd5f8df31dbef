import Glibc
import Model
import Parquet
import RandomSupport
import Testing

/// What the writer refuses, and what it leaves behind.
@Suite(.timeLimit(.minutes(2)))
struct ParquetWriterTests {
  private func code(_ body: () throws -> Void) -> ParquetError.Code? {
    do {
      try body()
      return nil
    } catch {
      return (error as? ParquetError)?.code
    }
  }

  struct BadSchema: Sendable, CustomTestStringConvertible {
    let columns: [ParquetSchema.Column]
    let reason: String
    var testDescription: String { reason }
  }

  static let badSchemas = [
    BadSchema(columns: [], reason: "no columns"),
    BadSchema(columns: [.init("", .int64)], reason: "no name"),
    BadSchema(columns: [.init("a", .int64), .init("a", .date)], reason: "a name twice"),
    BadSchema(columns: [.init("a", .decimal(precision: 19, scale: 2))], reason: "more than an Int64 holds"),
    BadSchema(columns: [.init("a", .decimal(precision: 0, scale: 0))], reason: "no digits"),
    BadSchema(columns: [.init("a", .decimal(precision: 4, scale: 5))], reason: "more fraction than digits"),
    BadSchema(columns: [.init("a", .decimal(precision: 4, scale: -1))], reason: "a negative scale"),
    BadSchema(columns: [.init("a", .fixedBytes(0))], reason: "no bytes"),
  ]

  @Test("Invalid schemas are rejected", arguments: badSchemas)
  func invalidSchemasAreRejected(_ bad: BadSchema) {
    #expect(code { _ = try ParquetSchema(bad.columns) } == .schema)
  }

  struct BadBatch: Sendable, CustomTestStringConvertible {
    let type: ParquetSchema.ColumnType
    let batch: [ParquetColumn]
    let code: ParquetError.Code
    let reason: String
    var testDescription: String { reason }
  }

  private static func bytes(_ bytes: [UInt8]) -> ParquetColumn { .bytes(ParquetBytes([bytes])) }
  private static func number(_ number: Int64) -> ParquetColumn { .int64(ParquetValues([number])) }

  static let badBatches = [
    BadBatch(type: .int64, batch: [], code: .batch, reason: "a column is missing"),
    BadBatch(type: .int64, batch: [number(1), number(2)], code: .batch, reason: "a column too many"),
    BadBatch(type: .int32, batch: [number(1)], code: .batch, reason: "another type"),
    BadBatch(type: .string, batch: [number(1)], code: .batch, reason: "numbers for strings"),
    BadBatch(
      type: .int64, batch: [.int64(ParquetValues([1, nil]))], code: .value,
      reason: "null where a value is required"),
    BadBatch(
      type: .decimal(precision: 3, scale: 1), batch: [number(1000)], code: .value, reason: "four digits"),
    BadBatch(
      type: .decimal(precision: 3, scale: 1), batch: [number(-1000)], code: .value,
      reason: "four digits below zero"),
    BadBatch(
      type: .decimal(precision: 18, scale: 0), batch: [number(.min)], code: .value,
      reason: "the lowest number"),
    BadBatch(type: .string, batch: [bytes([0xC3])], code: .value, reason: "half a letter"),
    BadBatch(type: .string, batch: [bytes([0xED, 0xA0, 0x80])], code: .value, reason: "half of a pair"),
    BadBatch(type: .fixedBytes(2), batch: [bytes([1])], code: .value, reason: "too short"),
    BadBatch(type: .fixedBytes(2), batch: [bytes([1, 2, 3])], code: .value, reason: "too long"),
  ]

  /// A refused batch changes nothing: what follows is written as if it had not been there.
  @Test("Batches that do not match the schema are rejected", arguments: badBatches)
  func batchesThatDoNotMatchTheSchemaAreRejected(_ bad: BadBatch) throws {
    let schema = try ParquetSchema([.init("only", bad.type)])
    let (sink, clean) = (ParquetMemorySink(), ParquetMemorySink())
    let writer = try ParquetWriter(schema, to: sink)
    #expect(code { try writer.append(bad.batch) } == bad.code)
    _ = try writer.finish()
    _ = try ParquetWriter(schema, to: clean).finish()
    #expect(sink.bytes == clean.bytes)
  }

  @Test("Columns of a batch have the same length")
  func columnsOfABatchHaveTheSameLength() throws {
    let schema = try ParquetSchema([.init("a", .int64), .init("b", .int64)])
    let writer = try ParquetWriter(schema, to: ParquetMemorySink())
    let batch: [ParquetColumn] = [.int64(ParquetValues([1, 2])), .int64(ParquetValues([1]))]
    #expect(code { try writer.append(batch) } == .batch)
  }

  @Test("UTF-8 bytes become strings") func utf8BytesBecomeStrings() throws {
    let writer = try ParquetWriter(ParquetSchema([.init("a", .string)]), to: ParquetMemorySink())
    try writer.append([.bytes(ParquetBytes([Array("Zürich".utf8)]))])
    #expect(try writer.finish().rows == 1)
  }

  @Test("A finished writer rejects further rows")
  func aFinishedWriterRejectsFurtherRows() throws {
    let writer = try ParquetWriter(ParquetSchema([.init("a", .int64)]), to: ParquetMemorySink())
    _ = try writer.finish()
    #expect(code { try writer.append([ParquetWriterTests.number(1)]) } == .closed)
    #expect(code { _ = try writer.finish() } == .closed)
  }

  @Test("A file has its name only when it is complete")
  func aFileHasItsNameOnlyWhenItIsComplete() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/entries.parquet"
    let schema = try ParquetSchema([.init("a", .int64)])
    let writer = try ParquetWriter(schema, path: path)
    try writer.append([ParquetWriterTests.number(1)])
    #expect(folder.names == ["entries.parquet.partial"])
    let second = code { _ = try ParquetWriter(schema, path: path) }
    #expect(second == .busy, "two writers of one file")
    _ = try writer.finish()
    #expect(folder.names == ["entries.parquet"])
    var status = stat()
    #expect(stat(path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    let before = try contents(of: path)
    let again = try ParquetWriter(schema, path: path)
    try again.append([ParquetWriterTests.number(2)])
    #expect(try contents(of: path) == before, "the old file stays until the new one is complete")
    _ = try again.finish()
    #expect(try contents(of: path) != before)
    #expect(folder.names == ["entries.parquet"])
  }

  @Test("A released writer leaves nothing") func aReleasedWriterLeavesNothing() throws {
    let folder = try TemporaryFolder()
    let schema = try ParquetSchema([.init("a", .int64)])
    func begin() throws {
      let writer = try ParquetWriter(schema, path: "\(folder.path)/entries.parquet")
      try writer.append([ParquetWriterTests.number(1)])
    }
    try begin()
    #expect(folder.names.isEmpty)
  }

  @Test("The file of a killed writer is overwritten")
  func theFileOfAKilledWriterIsOverwritten() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/entries.parquet"
    let left = try #require(fopen(path + ".partial", "we"))
    fputs(String(repeating: "x", count: 5000), left)
    fclose(left)
    let summary = try ParquetWriter(ParquetSchema([.init("a", .int64)]), path: path).finish()
    #expect(try Digest(of: contents(of: path)) == summary.digest)
    #expect(folder.names == ["entries.parquet"])
  }

  @Test("The error of a missing folder names it") func theErrorOfAMissingFolderNamesIt() throws {
    let schema = try ParquetSchema([.init("a", .int64)])
    let error = #expect(throws: ParquetError.self) {
      _ = try ParquetWriter(schema, path: "/nonexistent/entries.parquet")
    }
    #expect(error?.code == .file)
    #expect(error?.description.contains("/nonexistent/entries.parquet") == true)
  }

  /// On a file system of 256 KiB.
  @Test("A full disk leaves nothing", .enabled(if: geteuid() == 0, "mounting a small disk takes root"))
  func aFullDiskLeavesNothing() throws {
    let folder = try TemporaryFolder()
    try #require(mount("tmpfs", folder.path, "tmpfs", 0, "size=256k") == 0)
    defer { umount2(folder.path, Int32(MNT_DETACH)) }
    let path = "\(folder.path)/entries.parquet"
    var limits = ParquetLimits()
    limits.rowsPerGroup = 10_000
    let writer = try ParquetWriter(ParquetSchema([.init("a", .int64)]), path: path, limits: limits)
    var numbers = SeededRandom(seed: 1)
    let batch = ParquetColumn.int64(
      ParquetValues((0..<50_000).map { _ in Int64(bitPattern: numbers.next()) }))
    let error = #expect(throws: ParquetError.self) { try writer.append([batch]) }
    #expect(error?.code == .diskFull)
    #expect(error?.description.contains(path) == true)
    #expect(folder.names.isEmpty)
    #expect(code { try writer.append([batch]) } == .closed)
  }
}
