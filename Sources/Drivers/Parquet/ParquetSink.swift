internal import Model

/// Receives a file's bytes in order.
package protocol ParquetSink: AnyObject {
  func write(_ bytes: UnsafeRawBufferPointer) throws(ParquetError)
  /// Ends the file after all bytes were written. When this returns, the file is complete at its location.
  func finish() throws(ParquetError)
  /// Discards the unfinished file. May be called again, and after `finish`, where it does nothing.
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
