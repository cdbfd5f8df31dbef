internal import Glibc

/// The statistics of a column chunk's values in its metadata.
struct ColumnStatistics {
  private enum Bounds {
    case none
    case numbers(Int64, Int64)
    case bytes(ContiguousArray<UInt8>, ContiguousArray<UInt8>)
  }

  /// Longer bounds are omitted: they would make the footer large.
  private static let maxBoundBytes = 4096

  private(set) var nulls: Int64 = 0
  private var bounds = Bounds.none

  mutating func add(nulls count: Int) { nulls += Int64(count) }

  mutating func add(_ lowest: Int64, _ highest: Int64) {
    if case .numbers(let low, let high) = bounds {
      bounds = .numbers(min(low, lowest), max(high, highest))
    } else {
      bounds = .numbers(lowest, highest)
    }
  }

  /// Compared byte by byte, unsigned, which is also the order of UTF-8.
  mutating func add(_ value: UnsafeRawBufferPointer) {
    guard case .bytes(let low, let high) = bounds else {
      bounds = .bytes(ContiguousArray(value), ContiguousArray(value))
      return
    }
    if ColumnStatistics.isBelow(value, low) {
      bounds = .bytes(ContiguousArray(value), high)
    } else if ColumnStatistics.isAbove(value, high) {
      bounds = .bytes(low, ContiguousArray(value))
    }
  }

  /// PLAIN values without lengths; nil when every row is null, or when they would be too long.
  func plainBounds(_ storage: ParquetSchema.ColumnType.Storage) -> (
    ContiguousArray<UInt8>, ContiguousArray<UInt8>
  )? {
    switch bounds {
    case .none: return nil
    case .numbers(let low, let high):
      return (ColumnStatistics.plain(low, storage), ColumnStatistics.plain(high, storage))
    case .bytes(let low, let high):
      return max(low.count, high.count) > ColumnStatistics.maxBoundBytes ? nil : (low, high)
    }
  }

  private static func plain(
    _ number: Int64, _ storage: ParquetSchema.ColumnType.Storage
  ) -> ContiguousArray<UInt8> {
    var bytes: ContiguousArray<UInt8> = []
    switch storage {
    case .boolean: bytes.append(UInt8(number))
    case .int32: bytes.appendLittleEndian(Int32(number))
    default: bytes.appendLittleEndian(number)
    }
    return bytes
  }

  private static func isBelow(_ value: UnsafeRawBufferPointer, _ other: ContiguousArray<UInt8>) -> Bool {
    other.withUnsafeBytes { order(value, $0) < 0 }
  }

  private static func isAbove(_ value: UnsafeRawBufferPointer, _ other: ContiguousArray<UInt8>) -> Bool {
    other.withUnsafeBytes { order(value, $0) > 0 }
  }

  private static func order(_ a: UnsafeRawBufferPointer, _ b: UnsafeRawBufferPointer) -> Int {
    let shared = min(a.count, b.count)
    if shared > 0, let a = a.baseAddress, let b = b.baseAddress {
      let order = memcmp(a, b, shared)
      if order != 0 { return Int(order) }
    }
    return a.count - b.count
  }
}
