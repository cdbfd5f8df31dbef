import Synchronization

/// The log of a server on standard output. A line that cannot be written is counted and dropped: the output
/// never ends or delays the server's work otherwise.
final class ServerLog: Sendable {
  private let lost = Atomic<Int64>(0)

  /// The number of lines that could not be written.
  var lostLines: Int64 { lost.load(ordering: .relaxed) }

  /// - Parameter line: without a line break.
  /// - Returns: whether the line was written.
  func write(_ line: String) -> Bool {
    if Output.log(line) { return true }
    lost.add(1, ordering: .relaxed)
    return false
  }
}
