internal import Glibc
package import Model
package import Reconciling

/// Detects the exit of the parent process of a replica: the replica's standard input ends.
package enum ParentDeathWatch {
  /// The parent sets this variable to `value` when it holds the other end of the standard input.
  package static let variable = "RENDERTRUST_PARENT_WATCH"
  package static let value = "stdin"

  /// Whether this process exits with its parent.
  package static var isEnabled: Bool { getenv(variable).map { String(cString: $0) } == value }

  /// Returns once the other end of `file` is closed, or the task is cancelled.
  package static func waitForParentExit(_ time: TimeSource, file: Int32 = 0) async {
    while !Task.isCancelled {
      if hasEnded(file) { return }
      guard (try? await time.sleep(interval)) != nil else { return }
    }
  }

  package static let interval = TimeSpan(milliseconds: 500)

  /// Does not block.
  private static func hasEnded(_ file: Int32) -> Bool {
    var request = pollfd(fd: file, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 0) > 0 else { return false }
    guard request.revents & Int16(POLLIN) != 0 else { return true }
    var bytes = [UInt8](repeating: 0, count: 256)
    return read(file, &bytes, bytes.count) == 0
  }
}
