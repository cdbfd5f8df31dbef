internal import Model

/// Writes one file. Rows come in batches of any size; memory holds one row group's compressed pages.
///
/// Calls block while the sink writes. Not to be shared between tasks. A rejected batch changes nothing; after
/// any other failure the sink has abandoned the file, and every later call throws `.closed`. A writer that is
/// released without `finish` abandons its file.
package final class ParquetWriter {
  package let schema: ParquetSchema
  private let sink: any ParquetSink
  private let limits: ParquetLimits
  private let metadata: [String: String]
  private let compressor: Compressor
  private let digest = RunningDigest()
  private var isOpen = true
  /// The bytes written to the sink: the offset of the next one.
  private var offset: Int64 = 0
  private var rows: Int64 = 0
  private var rowsInGroup = 0
  private var chunks: [ColumnChunk]
  private var rowGroups: [RowGroupMetadata] = []

  private static let magic: ContiguousArray<UInt8> = ContiguousArray("PAR1".utf8)
  /// The number of rows after which the size of a row group is checked.
  private static let rowsAtOnce = 8192

  /// - Parameter metadata: Additional members of the footer, such as table, day and environment.
  package init(
    _ schema: ParquetSchema, to sink: any ParquetSink, metadata: [String: String] = [:],
    limits: ParquetLimits = ParquetLimits()
  ) throws(ParquetError) {
    self.schema = schema
    self.sink = sink
    self.metadata = metadata
    self.limits = limits.atLeastOne
    compressor = try Compressor()
    let limits = self.limits
    chunks = schema.columns.map { ColumnChunk($0, limits) }
    try guarded { () throws(ParquetError) in try self.write(ParquetWriter.magic) }
  }

  deinit { sink.abandon() }

  /// Writes a file that gets the name `path` when it is finished.
  package convenience init(
    _ schema: ParquetSchema, path: String, metadata: [String: String] = [:],
    limits: ParquetLimits = ParquetLimits()
  ) throws(ParquetError) {
    try self.init(schema, to: ParquetFileSink(path: path), metadata: metadata, limits: limits)
  }

  /// Appends rows: one column for each of the schema's, in its order and of its type, all of the same length.
  /// Throws `.batch` and `.value` for invalid input, and the sink's errors.
  package func append(_ batch: [ParquetColumn]) throws(ParquetError) {
    guard isOpen else { throw closed }
    let count = try BatchCheck.rows(of: batch, in: schema)
    try guarded { () throws(ParquetError) in try self.appendChecked(batch, count) }
  }

  /// Ends the file with its footer.
  package func finish() throws(ParquetError) -> ParquetSummary {
    guard isOpen else { throw closed }
    try guarded { () throws(ParquetError) in
      try self.finishRowGroup()
      let footer = FileFooter(
        schema: self.schema, rows: self.rows, rowGroups: self.rowGroups, metadata: self.metadata)
      var end = footer.encoded()
      guard let length = UInt32(exactly: end.count) else {
        throw ParquetError(.value, "the footer became longer than 4 GiB")
      }
      end.appendLittleEndian(length)
      end.append(contentsOf: ParquetWriter.magic)
      try self.write(end)
      try self.sink.finish()
    }
    isOpen = false
    return ParquetSummary(rows: rows, rowGroups: rowGroups.count, bytes: offset, digest: digest.finish())
  }

  private var closed: ParquetError { ParquetError(.closed, "the Parquet file takes no more rows") }

  private func guarded(_ body: () throws(ParquetError) -> Void) throws(ParquetError) {
    do {
      try body()
    } catch {
      isOpen = false
      sink.abandon()
      throw error
    }
  }

  private func appendChecked(_ batch: [ParquetColumn], _ count: Int) throws(ParquetError) {
    var next = [Int](repeating: 0, count: batch.count)
    var row = 0
    while row < count {
      let end = min(count, row + ParquetWriter.rowsAtOnce, row + limits.rowsPerGroup - rowsInGroup)
      for index in batch.indices {
        try chunks[index].append(batch[index], rows: row..<end, next: &next[index], compressor)
      }
      rowsInGroup += end - row
      row = end
      if rowsInGroup >= limits.rowsPerGroup || chunks.reduce(0, { $0 + $1.size }) >= limits.bytesPerGroup {
        try finishRowGroup()
      }
    }
  }

  private func finishRowGroup() throws(ParquetError) {
    guard rowsInGroup > 0 else { return }
    var finished: [ChunkMetadata] = []
    for index in chunks.indices {
      let chunk = try chunks[index].finish(at: offset, compressor)
      chunks[index] = ColumnChunk(schema.columns[index], limits)
      try write(chunk.dictionary.bytes)
      try write(chunk.data.bytes)
      finished.append(chunk.metadata)
    }
    rowGroups.append(RowGroupMetadata(rows: Int64(rowsInGroup), chunks: finished))
    rows += Int64(rowsInGroup)
    rowsInGroup = 0
  }

  private func write(_ bytes: ContiguousArray<UInt8>) throws(ParquetError) {
    let result: Result<Void, ParquetError> = bytes.withUnsafeBytes { bytes in
      digest.update(bytes)
      do throws(ParquetError) {
        return .success(try sink.write(bytes))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
    offset += Int64(bytes.count)
  }
}
