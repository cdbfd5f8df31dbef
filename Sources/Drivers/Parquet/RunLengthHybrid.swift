/// The format's hybrid of runs and bit-packed groups of eight, for definition levels and dictionary indices.
enum RunLengthHybrid {
  /// The bits of any number from 0 to `highest`, at least one.
  static func width(for highest: Int) -> Int { max(1, Int.bitWidth - highest.leadingZeroBitCount) }

  /// Appends all values, each of at most `width` bits, without the length that some contexts require before
  /// them.
  static func encode<Number: FixedWidthInteger & UnsignedInteger>(
    _ values: ContiguousArray<Number>, width: Int, into output: inout ContiguousArray<UInt8>
  ) {
    var (packedFrom, index) = (0, 0)
    while index < values.count {
      let value = values[index]
      var end = index + 1
      while end < values.count, values[end] == value { end += 1 }
      // Packed values come in groups of eight: a run lends those that complete the group before it.
      let start = min(end, index + (8 - (index - packedFrom) % 8) % 8)
      if end - start >= 8 {
        pack(values, packedFrom..<start, width, into: &output)
        output.appendVariable(UInt64(end - start) << 1)
        var rest = UInt64(value)
        for _ in 0..<(width + 7) / 8 {
          output.append(UInt8(truncatingIfNeeded: rest))
          rest >>= 8
        }
        packedFrom = end
      }
      index = end
    }
    pack(values, packedFrom..<values.count, width, into: &output)
  }

  /// Packs one bit per value, eight a byte, the first one lowest; truth values are stored this way too.
  static func packBits(_ values: ContiguousArray<UInt8>, into output: inout ContiguousArray<UInt8>) {
    packBits(values, values.indices, 1, into: &output)
  }

  /// The last group may be short: readers know the number of values, and the rest is zero.
  private static func pack<Number: FixedWidthInteger & UnsignedInteger>(
    _ values: ContiguousArray<Number>, _ range: Range<Int>, _ width: Int,
    into output: inout ContiguousArray<UInt8>
  ) {
    guard !range.isEmpty else { return }
    let groups = (range.count + 7) / 8
    output.appendVariable(UInt64(groups) << 1 | 1)
    let end = output.count + groups * width
    packBits(values, range, width, into: &output)
    while output.count < end { output.append(0) }
  }

  private static func packBits<Number: FixedWidthInteger & UnsignedInteger>(
    _ values: ContiguousArray<Number>, _ range: Range<Int>, _ width: Int,
    into output: inout ContiguousArray<UInt8>
  ) {
    var pending: UInt64 = 0
    var bits = 0
    for index in range {
      pending |= UInt64(values[index]) << UInt64(bits)
      bits += width
      while bits >= 8 {
        output.append(UInt8(truncatingIfNeeded: pending))
        pending >>= 8
        bits -= 8
      }
    }
    if bits > 0 { output.append(UInt8(truncatingIfNeeded: pending)) }
  }
}
