/// The file's metadata. Field numbers are those of parquet-format's `parquet.thrift`.
struct FileFooter {
  let schema: ParquetSchema
  let rows: Int64
  let rowGroups: [RowGroupMetadata]
  let metadata: [String: String]

  private static let zstandard: Int32 = 6

  func encoded() -> ContiguousArray<UInt8> {
    ThriftEncoder.structure { file in
      file.int32(1, 1)
      // The root comes first, then its children: index -1 stands for the root.
      file.structures(2, -1..<schema.columns.count) { element, index in
        if index < 0 { writeRoot(&element) } else { write(schema.columns[index], &element) }
      }
      file.int64(3, rows)
      file.structures(4, rowGroups) { write($1, &$0) }
      if !metadata.isEmpty {
        file.structures(5, metadata.sorted { $0.key < $1.key }) { pair, entry in
          pair.string(1, entry.key)
          pair.string(2, entry.value)
        }
      }
      file.string(6, "rendertrust")
      // Declares that bounds follow each type's own order: without it, readers ignore them.
      file.structures(7, schema.columns) { order, _ in order.structure(1) }
    }
  }

  private func writeRoot(_ element: inout ThriftEncoder) {
    element.string(4, "schema")
    element.int32(5, Int32(schema.columns.count))
  }

  private func write(_ column: ParquetSchema.Column, _ element: inout ThriftEncoder) {
    let type = column.type
    element.int32(1, type.storage.rawValue)
    if case .fixedBytes(let length) = type { element.int32(2, Int32(length)) }
    element.int32(3, column.isOptional ? 1 : 0)
    element.string(4, column.name)
    if let converted = type.convertedType { element.int32(6, converted) }
    if case .decimal(let precision, let scale) = type {
      element.int32(7, Int32(scale))
      element.int32(8, Int32(precision))
    }
    if type.convertedType != nil { element.structure(10) { type.writeLogicalType(&$0) } }
  }

  private func write(_ group: RowGroupMetadata, _ encoder: inout ThriftEncoder) {
    encoder.structures(1, group.chunks) { chunk, metadata in
      chunk.int64(2, 0)
      chunk.structure(3) { write(metadata, &$0) }
    }
    encoder.int64(2, group.chunks.reduce(0) { $0 + $1.uncompressedSize })
    encoder.int64(3, group.rows)
    encoder.int64(5, group.chunks[0].offset)
    encoder.int64(6, group.chunks.reduce(0) { $0 + $1.size })
  }

  private func write(_ chunk: ChunkMetadata, _ encoder: inout ThriftEncoder) {
    var encodings: [Encoding] = [.runLength]
    if chunk.plainPages > 0 || chunk.dictionaryPages > 0 { encodings.append(.plain) }
    if chunk.dictionaryPages > 0 { encodings.append(.dictionary) }
    encoder.int32(1, chunk.column.type.storage.rawValue)
    encoder.integerList(2, encodings.map(\.rawValue))
    encoder.strings(3, [chunk.column.name])
    encoder.int32(4, FileFooter.zstandard)
    encoder.int64(5, chunk.rows)
    encoder.int64(6, chunk.uncompressedSize)
    encoder.int64(7, chunk.size)
    encoder.int64(9, chunk.offset + chunk.dictionarySize)
    if chunk.dictionarySize > 0 { encoder.int64(11, chunk.offset) }
    encoder.structure(12) { statistics in
      statistics.int64(3, chunk.statistics.nulls)
      if let (low, high) = chunk.statistics.plainBounds(chunk.column.type.storage) {
        statistics.binary(5, high)
        statistics.binary(6, low)
        statistics.boolean(7, true)
        statistics.boolean(8, true)
      }
    }
    var pages: [(PageType, Encoding, Int32)] = []
    if chunk.dictionarySize > 0 { pages.append((.dictionary, .plain, 1)) }
    if chunk.dictionaryPages > 0 { pages.append((.data, .dictionary, chunk.dictionaryPages)) }
    if chunk.plainPages > 0 { pages.append((.data, .plain, chunk.plainPages)) }
    encoder.structures(13, pages) { count, pages in
      count.int32(1, pages.0.rawValue)
      count.int32(2, pages.1.rawValue)
      count.int32(3, pages.2)
    }
  }
}

extension ParquetSchema.ColumnType {
  /// The older annotation, for older readers; nil for plain numbers and bytes.
  fileprivate var convertedType: Int32? {
    switch self {
    case .string: 0
    case .decimal: 5
    case .date: 6
    case .timestamp: 10
    case .int64, .int32, .boolean, .bytes, .fixedBytes: nil
    }
  }

  /// Writes the one field of the union.
  fileprivate func writeLogicalType(_ union: inout ThriftEncoder) {
    switch self {
    case .string: union.structure(1)
    case .decimal(let precision, let scale):
      union.structure(5) { decimal in
        decimal.int32(1, Int32(scale))
        decimal.int32(2, Int32(precision))
      }
    case .date: union.structure(6)
    case .timestamp:
      union.structure(8) { timestamp in
        timestamp.boolean(1, true)
        timestamp.structure(2) { unit in unit.structure(2) }
      }
    case .int64, .int32, .boolean, .bytes, .fixedBytes: break
    }
  }
}
