internal import Model

/// The format's numbers for encodings.
enum Encoding: Int32, CaseIterable {
  case plain = 0
  /// Levels and truth values; here for levels only.
  case runLength = 3
  case dictionary = 8
}

enum PageType: Int32 {
  case data = 0
  case dictionary = 2
}

/// Finished pages of one column: each a header and a compressed body.
struct FinishedPages {
  private(set) var bytes: ContiguousArray<UInt8> = []
  /// The size without compression, headers included.
  private(set) var uncompressedSize = 0
  /// Data pages by the encoding of their values.
  private(set) var dictionaryPages: Int32 = 0
  private(set) var plainPages: Int32 = 0

  mutating func appendData(
    _ body: ContiguousArray<UInt8>, rows: Int, _ encoding: Encoding, _ compressor: Compressor
  ) throws(ParquetError) {
    try append(.data, body, compressor) { header in
      header.structure(5) { data in
        data.int32(1, Int32(rows))
        data.int32(2, encoding.rawValue)
        data.int32(3, Encoding.runLength.rawValue)
        data.int32(4, Encoding.runLength.rawValue)
      }
    }
    if encoding == .dictionary { dictionaryPages += 1 } else { plainPages += 1 }
  }

  mutating func appendDictionary(_ dictionary: ByteDictionary, _ compressor: Compressor) throws(ParquetError)
  {
    try append(.dictionary, dictionary.page, compressor) { header in
      header.structure(7) { page in
        page.int32(1, Int32(dictionary.count))
        page.int32(2, Encoding.plain.rawValue)
      }
    }
  }

  private mutating func append(
    _ type: PageType, _ body: ContiguousArray<UInt8>, _ compressor: Compressor,
    _ details: (inout ThriftEncoder) -> Void
  ) throws(ParquetError) {
    let compressed = try compressor.compress(body)
    guard let size = Int32(exactly: body.count), let compressedSize = Int32(exactly: compressed.count) else {
      throw ParquetError(.value, "a page became longer than 2 GiB")
    }
    let header = ThriftEncoder.structure { header in
      header.int32(1, type.rawValue)
      header.int32(2, size)
      header.int32(3, compressedSize)
      details(&header)
    }
    bytes.append(contentsOf: header)
    bytes.append(contentsOf: compressed)
    uncompressedSize += header.count + body.count
  }
}
