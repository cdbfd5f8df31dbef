internal import Glibc
internal import Model

/// A lock on a file that the kernel releases when the process ends, however it ends. Two objects exclude each other
/// also within one process; no child process inherits it.
final class FileLock: Sendable {
  enum Mode {
    case shared, exclusive
  }

  private let descriptor: Int32

  /// Opens, and does not lock yet.
  init(_ path: String) throws(PostgresError) {
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw PostgresError(
        .server, "cannot open \(path): \(String(cString: strerror(errno)))", server: "The embedded PostgreSQL"
      )
    }
  }

  /// Unlocks.
  deinit { close(descriptor) }

  /// Takes the lock, or changes its mode, without waiting. When a change of mode fails, the lock that was held is
  /// lost.
  func take(_ mode: Mode) -> Bool {
    flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0
  }

  /// Takes the lock, waiting at most `limit`.
  func wait(_ mode: Mode, limit: Duration) async throws(PostgresError) {
    let deadline = ContinuousClock.now + limit
    while !take(mode) {
      guard ContinuousClock.now < deadline else {
        throw PostgresError(
          .server, "another process has been starting or stopping it for \(limit)",
          server: "The embedded PostgreSQL")
      }
      try await pause()
    }
  }
}

/// A few milliseconds, between two looks at something that another process does.
func pause() async throws(PostgresError) {
  do { try await Task.sleep(for: .milliseconds(2)) } catch {
    throw PostgresError(.cancelled, "the task was cancelled", server: "The embedded PostgreSQL")
  }
}
