/// A column chunk with its offset in the file.
struct FinishedChunk {
  let column: ParquetSchema.Column
  let offset: Int64
  let rows: Int64
  /// The dictionary page, if any; the data pages follow it.
  let dictionary: FinishedPages
  let data: FinishedPages
  let statistics: ColumnStatistics

  var size: Int64 { Int64(dictionary.bytes.count + data.bytes.count) }

  var metadata: ChunkMetadata {
    ChunkMetadata(
      column: column, offset: offset, rows: rows, size: size, dictionarySize: Int64(dictionary.bytes.count),
      uncompressedSize: Int64(dictionary.uncompressedSize + data.uncompressedSize),
      dictionaryPages: data.dictionaryPages, plainPages: data.plainPages, statistics: statistics)
  }
}

/// The footer's description of a column chunk, without its pages.
struct ChunkMetadata {
  let column: ParquetSchema.Column
  let offset: Int64
  let rows: Int64
  let size: Int64
  let dictionarySize: Int64
  let uncompressedSize: Int64
  let dictionaryPages: Int32
  let plainPages: Int32
  let statistics: ColumnStatistics
}

struct RowGroupMetadata {
  let rows: Int64
  let chunks: [ChunkMetadata]
}
