extension ContiguousArray<UInt8> {
  /// Appends seven bits a byte, the lowest first; the highest bit marks that more follow.
  mutating func appendVariable(_ value: UInt64) {
    var rest = value
    while rest > 127 {
      append(UInt8(truncatingIfNeeded: rest) | 128)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  /// Appends all values one after the other. The supported machines are little-endian, as the format is.
  mutating func appendLittleEndian<Number: FixedWidthInteger>(
    _ values: ContiguousArray<Number>, _ range: Range<Int>
  ) {
    #if _endian(little)
      values.withUnsafeBufferPointer { numbers in
        append(contentsOf: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: numbers[range])))
      }
    #else
      for index in range { appendLittleEndian(values[index]) }
    #endif
  }
}
