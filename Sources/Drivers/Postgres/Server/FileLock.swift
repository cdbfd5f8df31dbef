internal import Glibc
internal import Model

/// A lock on a file that the kernel releases when the process ends. Two objects exclude each other also
/// within one process; no child process inherits the lock.
final class FileLock: Sendable {
  enum Mode {
    case shared, exclusive
  }

  private let descriptor: Int32

  /// Opens the file without locking it.
  init(_ path: String) throws(PostgresError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw PostgresError(
        .server, "cannot open \(path): \(String(cString: strerror(errno)))", server: "The embedded PostgreSQL"
      )
    }
  }

  deinit { close(descriptor) }

  /// Takes the lock, or changes its mode, without waiting. When a change of mode fails, the lock held before
  /// is lost.
  func tryLock(_ mode: Mode) -> Bool {
    flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0
  }

  /// Takes the lock; waits for it up to `timeout`.
  func lock(_ mode: Mode, timeout: Duration) async throws(PostgresError) {
    let deadline = ContinuousClock.now + timeout
    while !tryLock(mode) {
      guard ContinuousClock.now < deadline else {
        throw PostgresError(
          .server, "another process has been starting or stopping it for \(timeout)",
          server: "The embedded PostgreSQL")
      }
      try await pause()
    }
  }
}

/// Sleeps between two checks of another process.
func pause(_ duration: Duration = .milliseconds(2)) async throws(PostgresError) {
  do { try await Task.sleep(for: duration) } catch {
    throw PostgresError(.cancelled, "the task was cancelled", server: "The embedded PostgreSQL")
  }
}
