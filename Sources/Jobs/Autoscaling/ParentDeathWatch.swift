internal import Glibc
package import Model
package import Reconciling

/// How a replica knows that whoever started it is gone: its standard input ends.
package enum ParentDeathWatch {
  /// Set to `value` by whoever holds the other end.
  package static let variable = "RENDERTRUST_TETHER"
  package static let value = "stdin"

  /// Whether this process follows another.
  package static var isTied: Bool { getenv(variable).map { String(cString: $0) } == value }

  /// Returns once the other end is closed, or the task is cancelled.
  package static func broken(_ time: TimeSource, file: Int32 = 0) async {
    while !Task.isCancelled {
      if hasEnded(file) { return }
      guard (try? await time.sleep(pause)) != nil else { return }
    }
  }

  package static let pause = TimeSpan(milliseconds: 500)

  /// Never waits.
  private static func hasEnded(_ file: Int32) -> Bool {
    var question = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    guard poll(&question, 1, 0) > 0 else { return false }
    guard question.revents & Int16(POLLIN) != 0 else { return true }
    var bytes = [UInt8](repeating: 0, count: 256)
    return read(file, &bytes, bytes.count) == 0
  }
}
