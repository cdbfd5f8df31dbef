import Glibc
import Synchronization

/// A child process that stops the test bed when this process ends, even when it is killed.
///
/// It waits for the end of a pipe whose only writer is this process. On a normal exit this process waits for
/// the child, so that nothing runs after the tests.
enum Reaper {
  private struct Watch {
    let pipe: Int32
    let process: pid_t
  }

  private static let watches = Mutex<[Watch]>([])

  static func watch(scripts: String, folder: String, registryState: String) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw SupportError("no pipe: \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let script = """
      read -r _
      RENDERTRUST_REGISTRY_STATE=$3 "$1/images.sh" stop
      [ ! -d "$2/engine" ] || "$1/docker-engine.sh" stop "$2/engine"
      rm -rf --one-file-system "$2"
      """
    let process = try ChildProcess.spawn(
      ["/bin/sh", "-c", script, "reaper", scripts, folder, registryState], input: ends[0])
    close(ends[0])
    let isFirst = watches.withLock { watches in
      watches.append(Watch(pipe: ends[1], process: process))
      return watches.count == 1
    }
    if isFirst { atexit { Reaper.finish() } }
  }

  private static func finish() {
    for watch in watches.withLock({ $0 }) {
      close(watch.pipe)
      var status: Int32 = 0
      while waitpid(watch.process, &status, 0) < 0, errno == EINTR {}
    }
  }
}
