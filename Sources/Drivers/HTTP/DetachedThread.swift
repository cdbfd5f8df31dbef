import Glibc

/// A thread for work that blocks.
enum DetachedThread {
  private final class Work: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// False when the system has no thread left; the work is not done then.
  static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
    let context = Unmanaged.passRetained(Work(run))
    var thread = pthread_t()
    let failure = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard failure == 0 else {
      context.release()
      return false
    }
    pthread_detach(thread)
    return true
  }
}

/// Wakes a thread that waits for descriptors. Once signalled it stays so.
final class WakeUp: Sendable {
  /// Readable once it was signalled.
  let descriptor: Int32
  private let writer: Int32

  /// Nil when the process has no descriptor left.
  init?() {
    var ends: [Int32] = [0, 0]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    (descriptor, writer) = (ends[0], ends[1])
  }

  deinit {
    close(descriptor)
    close(writer)
  }

  func signal() {
    var byte: UInt8 = 1
    _ = send(writer, &byte, 1, Int32(MSG_NOSIGNAL))
  }
}
