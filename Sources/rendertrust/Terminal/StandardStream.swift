import Glibc
import Synchronization

/// A standard stream of this process. A write never fails and never ends the process: text that cannot be
/// written is dropped, and `condition` states why. The caller decides what the loss means.
final class StandardStream: Sendable {
  /// The result of the writes so far.
  enum Condition: Hashable, Sendable {
    case open
    /// The reader closed the pipe, as `head` does.
    case closed
    /// A write failed with this `errno`, for example because the disk is full.
    case failed(Int32)
  }

  private struct State {
    var condition = Condition.open
    /// Whether the last write ended in the middle of a line.
    var isInsideLine = false
  }

  private let descriptor: Int32
  private let state = Mutex(State())

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Set by the first failed write of `write`.
  var condition: Condition { state.withLock { $0.condition } }

  /// Writes the whole text. After a failure nothing is written, so that the reader gets no text with a gap.
  func write(_ text: String) {
    state.withLock { state in
      guard state.condition == .open else { return }
      state.condition = transfer(text).condition
    }
  }

  /// Writes a line of a log, also after a failure: a full disk can have space again.
  /// - Parameter line: without a line break.
  /// - Returns: whether the line was written. A failure does not change `condition`.
  func log(_ line: String) -> Bool {
    state.withLock { state in
      let (condition, count) = transfer((state.isInsideLine ? "\n" : "") + line + "\n")
      if condition == .open {
        state.isInsideLine = false
      } else if count > 0 {
        state.isInsideLine = true
      }
      return condition == .open
    }
  }

  /// - Returns: the number of bytes that were written, and why the others were not.
  private func transfer(_ text: String) -> (condition: Condition, count: Int) {
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count > 0 {
        start += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        poll(&request, 1, -1)
      case EPIPE: return (.closed, start)
      case let code: return (.failed(code), start)
      }
    }
    return (.open, start)
  }
}

extension StandardStream {
  /// Opens the descriptors 0 to 2 that the parent process closed. Otherwise the next file or connection of
  /// this process would get such a number, and would receive the text written to the stream. A write to one
  /// of these descriptors fails.
  static func reserveDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDONLY) }
  }
}
