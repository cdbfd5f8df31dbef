internal import Model

/// One column's values of the current row group: finished pages, and the page that is being filled.
struct ColumnChunk {
  let column: ParquetSchema.Column
  private let storage: ParquetSchema.ColumnType.Storage
  private let limits: ParquetLimits

  private var pages = FinishedPages()
  private var statistics = ColumnStatistics()
  private var rows: Int64 = 0

  private var rowsInPage = 0
  /// Definition levels of the page, one per row: 1 for a value, 0 for a null. Empty for a required column.
  private var levels: ContiguousArray<UInt8> = []
  /// The page's values in PLAIN encoding; truth values take one byte each. Empty while there is a dictionary.
  private var plain: ContiguousArray<UInt8> = []
  /// The page's values as numbers of the dictionary, while it is in use.
  private var indices: ContiguousArray<UInt32> = []
  /// The size that the page's strings or bytes have in PLAIN encoding, with or without a dictionary.
  private var plainSize = 0
  private var dictionary: ByteDictionary?
  /// Whether the dictionary accepts more values. Finished pages may need the dictionary even when it does
  /// not.
  private var usesDictionary: Bool

  init(_ column: ParquetSchema.Column, _ limits: ParquetLimits) {
    self.column = column
    self.limits = limits
    storage = column.type.storage
    usesDictionary = storage == .byteArray
    dictionary = usesDictionary ? ByteDictionary() : nil
  }

  /// Bytes of memory, not counting the unused capacity of one page.
  var size: Int { pages.bytes.count + plain.count + indices.count * 4 + (dictionary?.page.count ?? 0) }

  /// Appends rows of a verified batch; `next` is the first value among them, and is advanced past the last.
  mutating func append(
    _ batch: ParquetColumn, rows range: Range<Int>, next: inout Int, _ compressor: Compressor
  ) throws(ParquetError) {
    rows += Int64(range.count)
    var row = range.lowerBound
    while row < range.upperBound {
      let maxRows = min(range.upperBound - row, limits.rowsPerPage - rowsInPage)
      let end = row + rowsThatFit(batch, maxRows, from: next)
      let count = addLevels(batch.presence, row..<end)
      let values = next..<next + count
      next += count
      switch batch {
      case .int64(let batch): addNumbers(batch.values, values)
      case .int32(let batch): addNumbers(batch.values, values)
      case .boolean(let batch): addTruths(batch.values, values)
      case .bytes(let batch): addBytes(batch, values)
      }
      rowsInPage += end - row
      row = end
      if rowsInPage >= limits.rowsPerPage || plainSize >= limits.bytesPerPage { try finishPage(compressor) }
    }
  }

  /// Ends the chunk. The pages start at `offset` of the file, the dictionary first.
  mutating func finish(at offset: Int64, _ compressor: Compressor) throws(ParquetError) -> FinishedChunk {
    if rowsInPage > 0 { try finishPage(compressor) }
    var front = FinishedPages()
    if let dictionary, pages.dictionaryPages > 0 { try front.appendDictionary(dictionary, compressor) }
    return FinishedChunk(
      column: column, offset: offset, rows: rows, dictionary: front, data: pages, statistics: statistics)
  }

  /// The number of the next rows that fit into the page, at least one.
  private func rowsThatFit(_ batch: ParquetColumn, _ rows: Int, from next: Int) -> Int {
    guard case .bytes(let batch) = batch, next < batch.ends.count else { return rows }
    let last = min(next + rows, batch.ends.count) - 1
    let limit = batch.range(next).lowerBound + max(0, limits.bytesPerPage - plainSize)
    if batch.ends[last] <= limit { return rows }
    return max(1, (next..<last).prefix { batch.ends[$0] <= limit }.count)
  }

  /// Returns how many of the rows have values.
  private mutating func addLevels(_ presence: ContiguousArray<UInt8>, _ range: Range<Int>) -> Int {
    guard column.isOptional else { return range.count }
    guard !presence.isEmpty else {
      levels.append(contentsOf: repeatElement(1, count: range.count))
      return range.count
    }
    levels.append(contentsOf: presence[range])
    let count = presence[range].reduce(0) { $0 + Int($1) }
    statistics.add(nulls: range.count - count)
    return count
  }

  private mutating func addNumbers<Number: FixedWidthInteger & SignedInteger>(
    _ values: ContiguousArray<Number>, _ range: Range<Int>
  ) {
    guard let first = range.first else { return }
    var (low, high) = (values[first], values[first])
    for index in range {
      low = min(low, values[index])
      high = max(high, values[index])
    }
    statistics.add(Int64(low), Int64(high))
    plain.appendLittleEndian(values, range)
  }

  private mutating func addTruths(_ values: ContiguousArray<Bool>, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    let truths = values[range]
    statistics.add(truths.contains(false) ? 0 : 1, truths.contains(true) ? 1 : 0)
    for value in truths { plain.append(value ? 1 : 0) }
  }

  private mutating func addBytes(_ batch: ParquetBytes, _ range: Range<Int>) {
    batch.bytes.withUnsafeBytes { bytes in
      for value in range { addValue(UnsafeRawBufferPointer(rebasing: bytes[batch.range(value)])) }
    }
  }

  private mutating func addValue(_ value: UnsafeRawBufferPointer) {
    plainSize += value.count + 4
    if usesDictionary {
      let count = dictionary?.count
      if let number = dictionary?.number(of: value, limits) {
        if dictionary?.count != count { statistics.add(value) }
        indices.append(number)
        return
      }
      abandonDictionary()
    }
    statistics.add(value)
    if storage == .byteArray { plain.appendLittleEndian(UInt32(value.count)) }
    plain.append(contentsOf: value)
  }

  /// Converts the page's values to PLAIN encoding.
  private mutating func abandonDictionary() {
    for number in indices { dictionary?.write(number, into: &plain) }
    indices.removeAll(keepingCapacity: true)
    usesDictionary = false
    if pages.dictionaryPages == 0 { dictionary = nil }
  }

  private mutating func finishPage(_ compressor: Compressor) throws(ParquetError) {
    // Where most values are distinct, dictionary numbers would only add to the file.
    if usesDictionary, pages.dictionaryPages == 0, (dictionary?.count ?? 0) * 2 > indices.count {
      abandonDictionary()
    }
    var body: ContiguousArray<UInt8> = []
    body.reserveCapacity(plain.count + rowsInPage)
    if column.isOptional {
      var encoded: ContiguousArray<UInt8> = []
      RunLengthHybrid.encode(levels, width: 1, into: &encoded)
      body.appendLittleEndian(UInt32(encoded.count))
      body.append(contentsOf: encoded)
    }
    let encoding: Encoding = indices.isEmpty ? .plain : .dictionary
    if let dictionary, encoding == .dictionary {
      let width = RunLengthHybrid.width(for: dictionary.count - 1)
      body.append(UInt8(width))
      RunLengthHybrid.encode(indices, width: width, into: &body)
    } else if storage == .boolean {
      RunLengthHybrid.packBits(plain, into: &body)
    } else {
      body.append(contentsOf: plain)
    }
    try pages.appendData(body, rows: rowsInPage, encoding, compressor)
    levels.removeAll(keepingCapacity: true)
    plain.removeAll(keepingCapacity: true)
    indices.removeAll(keepingCapacity: true)
    (rowsInPage, plainSize) = (0, 0)
  }
}
