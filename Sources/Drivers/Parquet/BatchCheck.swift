internal import Model

/// Decides whether a batch can be written, before any of it is.
enum BatchCheck {
  /// Returns the number of rows. Throws `.batch` or `.value`, with the column's name.
  static func rows(of batch: [ParquetColumn], in schema: ParquetSchema) throws(ParquetError) -> Int {
    guard batch.count == schema.columns.count else {
      throw ParquetError(
        .batch, "the batch has \(batch.count) columns and the schema \(schema.columns.count)")
    }
    let rows = batch[0].count
    for (values, column) in zip(batch, schema.columns) {
      guard values.count == rows else {
        throw ParquetError(
          .batch, "column \(column.name) has \(values.count) rows and \(schema.columns[0].name) \(rows)")
      }
      guard column.isOptional || !values.presence.contains(0) else {
        throw ParquetError(.value, "column \(column.name) is required and has a null")
      }
      try check(values, column)
    }
    return rows
  }

  private static func check(
    _ values: ParquetColumn, _ column: ParquetSchema.Column
  ) throws(ParquetError) {
    switch (values, column.type) {
    case (.int64, .int64), (.int64, .timestamp), (.int32, .int32), (.int32, .date), (.boolean, .boolean):
      break
    case (.int64(let values), .decimal(let precision, _)):
      let limit = (0..<precision).reduce(Int64(1)) { power, _ in power * 10 }
      guard values.values.allSatisfy({ -limit < $0 && $0 < limit }) else {
        throw ParquetError(.value, "column \(column.name) has a number of more than \(precision) digits")
      }
    case (.bytes(let values), .string): try checkText(values, column)
    case (.bytes(let values), .bytes): try checkLengths(values, column)
    case (.bytes(let values), .fixedBytes(let length)):
      guard values.ends.indices.allSatisfy({ values.range($0).count == length }) else {
        throw ParquetError(.value, "column \(column.name) has a value that is not \(length) bytes long")
      }
    default: throw ParquetError(.batch, "column \(column.name) was given values of another type")
    }
  }

  private static func checkText(_ values: ParquetBytes, _ column: ParquetSchema.Column) throws(ParquetError) {
    try checkLengths(values, column)
    guard !values.isText else { return }
    for value in values.ends.indices {
      let bytes = values.bytes.span.extracting(values.range(value))
      guard (try? UTF8Span(validating: bytes)) != nil else {
        throw ParquetError(.value, "column \(column.name) has a string that is not UTF-8")
      }
    }
  }

  /// A page's length is an Int32, so the length of a value must stay well below.
  private static func checkLengths(_ values: ParquetBytes, _ column: ParquetSchema.Column)
    throws(ParquetError)
  {
    guard values.bytes.count > 1 << 30 else { return }
    guard values.ends.indices.allSatisfy({ values.range($0).count <= 1 << 30 }) else {
      throw ParquetError(.value, "column \(column.name) has a value longer than 1 GiB")
    }
  }
}
