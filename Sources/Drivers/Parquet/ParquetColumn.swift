/// Numbers or truth values of one column for some rows. Nulls take no space among the values.
package struct ParquetValues<Element: Sendable>: Sendable {
  /// The values of the rows that are not null, in order.
  package private(set) var values: ContiguousArray<Element> = []
  /// 1 for each row with a value, 0 for each null; empty while there is no null.
  private(set) var presence: ContiguousArray<UInt8> = []

  package init() {}

  package init(_ values: some Sequence<Element>) { self.values = ContiguousArray(values) }

  package init(_ values: some Sequence<Element?>) {
    for value in values {
      if let value { append(value) } else { appendNull() }
    }
  }

  /// The number of rows.
  package var count: Int { presence.isEmpty ? values.count : presence.count }

  package mutating func append(_ value: Element) {
    values.append(value)
    if !presence.isEmpty { presence.append(1) }
  }

  package mutating func appendNull() {
    presence.appendNull(after: values.count)
  }

  package mutating func removeAll() {
    values.removeAll(keepingCapacity: true)
    presence.removeAll(keepingCapacity: true)
  }
}

/// Strings or bytes of one column for some rows, one after the other. Nulls take no space among the bytes.
package struct ParquetBytes: Sendable {
  private(set) var bytes: ContiguousArray<UInt8> = []
  /// The end of each value in `bytes`.
  private(set) var ends: ContiguousArray<Int> = []
  private(set) var presence: ContiguousArray<UInt8> = []
  /// Whether every value came from a `String`, and so is UTF-8.
  private(set) var isText = true

  package init() {}

  package init(_ texts: some Sequence<String?>) {
    for text in texts {
      if let text { append(text) } else { appendNull() }
    }
  }

  package init(_ values: some Sequence<[UInt8]?>) {
    for value in values {
      if let value { append(value) } else { appendNull() }
    }
  }

  /// The number of rows.
  package var count: Int { presence.isEmpty ? ends.count : presence.count }

  package mutating func append(_ text: String) {
    bytes.append(contentsOf: text.utf8)
    endValue()
  }

  /// For a column of strings the bytes must be UTF-8, which the writer verifies.
  package mutating func append(_ value: some Collection<UInt8>) {
    bytes.append(contentsOf: value)
    isText = false
    endValue()
  }

  package mutating func appendNull() {
    presence.appendNull(after: ends.count)
  }

  package mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    ends.removeAll(keepingCapacity: true)
    presence.removeAll(keepingCapacity: true)
    isText = true
  }

  private mutating func endValue() {
    ends.append(bytes.count)
    if !presence.isEmpty { presence.append(1) }
  }

  /// The range of a value in `bytes`.
  func range(_ value: Int) -> Range<Int> { (value == 0 ? 0 : ends[value - 1])..<ends[value] }
}

/// One column of a batch.
package enum ParquetColumn: Sendable {
  /// For `int64`, `decimal` and `timestamp`.
  case int64(ParquetValues<Int64>)
  /// For `int32` and `date`.
  case int32(ParquetValues<Int32>)
  case boolean(ParquetValues<Bool>)
  /// For `string`, `bytes` and `fixedBytes`.
  case bytes(ParquetBytes)

  /// The number of rows.
  package var count: Int {
    switch self {
    case .int64(let values): values.count
    case .int32(let values): values.count
    case .boolean(let values): values.count
    case .bytes(let values): values.count
    }
  }

  var presence: ContiguousArray<UInt8> {
    switch self {
    case .int64(let values): values.presence
    case .int32(let values): values.presence
    case .boolean(let values): values.presence
    case .bytes(let values): values.presence
    }
  }
}

extension ContiguousArray<UInt8> {
  /// Appends a null; the `count` rows before the first null had values.
  fileprivate mutating func appendNull(after count: Int) {
    if isEmpty { append(contentsOf: repeatElement(1, count: count)) }
    append(0)
  }
}
