import Glibc
import Synchronization

/// A child process that stops the test bed when this process ends, even when it is killed.
///
/// It waits for the end of a pipe whose only writer is this process. On a normal exit this process waits for
/// the child, so that nothing runs after the tests. The engine and the registry read the same pipe and end
/// with it too (`scripts/lifeline.sh`): this process may end while they start, before there is anything that
/// the child could stop.
enum Reaper {
  private struct Watch {
    let pipe: Int32
    let process: pid_t
  }

  private static let watches = Mutex<[Watch]>([])

  /// - Returns: the pipe's end for reading.
  static func watch(scripts: String, folder: String, registryState: String) throws -> Int32 {
    var ends: [Int32] = [0, 0]
    // Close-on-exec from the start: a child process that another thread starts meanwhile must not keep the
    // writing end open.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw SupportError("no pipe: \(errno)") }
    let script = """
      read -r _
      timeout 150 "$1/docker-engine.sh" stop "$2/engine"
      RENDERTRUST_REGISTRY_STATE=$3 timeout 30 "$1/images.sh" stop
      rm -rf --one-file-system "$2"
      """
    let process = try ChildProcess.spawn(
      ["/bin/sh", "-c", script, "reaper", scripts, folder, registryState], input: ends[0])
    let isFirst = watches.withLock { watches in
      watches.append(Watch(pipe: ends[1], process: process))
      return watches.count == 1
    }
    if isFirst { atexit { Reaper.finish() } }
    return ends[0]
  }

  private static func finish() {
    for watch in watches.withLock({ $0 }) {
      close(watch.pipe)
      var status: Int32 = 0
      while waitpid(watch.process, &status, 0) < 0, errno == EINTR {}
    }
  }
}
