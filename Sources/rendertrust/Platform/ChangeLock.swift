import Glibc

/// Lets one command at a time change the world of a state folder: apply, rollback and destroy wait for each other,
/// and each looks at the world only when it is its turn. `up` and commands that only look are not held. The kernel
/// releases it when the process ends, however it ends; no child process inherits it.
struct ChangeLock: ~Copyable {
  private let descriptor: Int32

  /// Returns when it is this command's turn; says on standard error that it waits.
  init(stateFolder: String) async throws {
    let path = stateFolder + "/change.lock"
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw CommandFailure.failed("cannot open \(path): \(String(cString: strerror(errno)))")
    }
    var hasSaid = false
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
      if !hasSaid {
        Output.error("Another command is changing what \(stateFolder) stands for: waiting for it.")
      }
      hasSaid = true
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  deinit { close(descriptor) }
}
