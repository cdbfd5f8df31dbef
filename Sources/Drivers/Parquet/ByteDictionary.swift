internal import Glibc

/// The distinct values of a column in one row group, numbered in order of appearance.
struct ByteDictionary {
  /// The dictionary page's body: each value, preceded by its length.
  private(set) var page: ContiguousArray<UInt8> = []
  /// The start of each value's bytes in `page`, after its length.
  private var starts: ContiguousArray<Int> = []
  private var ends: ContiguousArray<Int> = []
  /// Open addressing: the number of a value, or -1. Its size is a power of two, at least twice the number of
  /// values.
  private var slots: ContiguousArray<Int32> = ContiguousArray(repeating: -1, count: 64)

  var count: Int { starts.count }

  /// Returns the number of a value, adding it if needed; nil when the dictionary is full.
  mutating func number(of value: UnsafeRawBufferPointer, _ limits: ParquetLimits) -> UInt32? {
    var slot = slot(for: value)
    while slots[slot] >= 0 {
      let number = Int(slots[slot])
      if holds(number, value) { return UInt32(number) }
      slot = (slot + 1) & (slots.count - 1)
    }
    guard count < limits.dictionaryEntries, page.count + value.count + 4 <= limits.dictionaryBytes else {
      return nil
    }
    slots[slot] = Int32(count)
    page.appendLittleEndian(UInt32(value.count))
    starts.append(page.count)
    page.append(contentsOf: value)
    ends.append(page.count)
    if count * 2 > slots.count { grow() }
    return UInt32(count - 1)
  }

  /// Appends a value, preceded by its length.
  func write(_ number: UInt32, into output: inout ContiguousArray<UInt8>) {
    page.withUnsafeBytes { page in
      let range = starts[Int(number)] - 4..<ends[Int(number)]
      output.append(contentsOf: UnsafeRawBufferPointer(rebasing: page[range]))
    }
  }

  private func holds(_ number: Int, _ value: UnsafeRawBufferPointer) -> Bool {
    let (start, end) = (starts[number], ends[number])
    guard end - start == value.count else { return false }
    guard let bytes = value.baseAddress else { return true }
    return page.withUnsafeBytes { page in
      page.baseAddress.map { memcmp($0 + start, bytes, value.count) == 0 } ?? true
    }
  }

  private func slot(for value: UnsafeRawBufferPointer) -> Int {
    var hasher = Hasher()
    hasher.combine(bytes: value)
    return hasher.finalize() & (slots.count - 1)
  }

  private mutating func grow() {
    slots = ContiguousArray(repeating: -1, count: slots.count * 2)
    for number in 0..<count {
      let range = starts[number]..<ends[number]
      var slot = page.withUnsafeBytes { page -> Int in
        self.slot(for: UnsafeRawBufferPointer(rebasing: page[range]))
      }
      while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(number)
    }
  }
}
