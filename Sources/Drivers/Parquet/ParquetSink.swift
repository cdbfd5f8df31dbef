internal import Model

/// Takes a file's bytes in order.
package protocol ParquetSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws(ParquetError)
  /// All bytes were written. When this returns, the file is where it belongs.
  func finish() throws(ParquetError)
  /// The file will not be finished: nothing of it stays. May be called again, and after `finish`, where it does nothing.
  func abandon()
}

/// Keeps the file in memory.
package final class ParquetMemorySink: ParquetSink {
  package private(set) var bytes: ContiguousArray<UInt8> = []
  private var isFinished = false

  package init() {}

  package func write(_ bytes: UnsafeRawBufferPointer) { self.bytes.append(contentsOf: bytes) }
  package func finish() { isFinished = true }
  package func abandon() { if !isFinished { bytes = [] } }
}
