internal import Glibc
internal import Model

/// Whether a server runs on a data folder, and where. Found under the start lock.
enum ServerPresence {
  /// No server runs. The lock belongs to the caller, who may start one.
  case absent(PostmasterLock)
  /// A server of this PID namespace runs. One that version 0.4.0 started holds no lock.
  case running(ServerProcess)
  /// A process that was killed has started the server, which has not written its pid file yet.
  case starting
  /// The main process of a server of this PID namespace has ended, and these others have not.
  case ending([pid_t])
  /// A server of another PID namespace runs; its number there, if it is known.
  case elsewhere(pid_t?)

  static func find(_ folders: ServerFolders) throws(PostgresError) -> ServerPresence {
    if let lock = try PostmasterLock.tryAcquire(folders.lock) {
      if let running = ServerProcess.running(dataFolder: folders.data) {
        // A process that ends releases its lock a moment before it is gone.
        let isEnding =
          PostmasterLock.Record.read(folders.lock)
          == PostmasterLock.Record(namespace: PostmasterLock.currentNamespace ?? "", pid: running.pid)
        return isEnding ? .ending([]) : .running(running)
      }
      guard let pid = ServerProcess.recordedPid(folders.data), folders.isListening else {
        return .absent(lock)
      }
      throw PostgresError(
        .server,
        "a server of version 0.4.0 runs on \(folders.data) in another PID namespace or container"
          + " (PID \(pid) there)",
        hint: "stop the server of version 0.4.0 first", server: "The embedded PostgreSQL")
    }
    let record = PostmasterLock.Record.read(folders.lock)
    guard let record, record.namespace == PostmasterLock.currentNamespace else {
      return .elsewhere(ServerProcess.recordedPid(folders.data))
    }
    if let running = ServerProcess.running(dataFolder: folders.data) { return .running(running) }
    let holders = PostmasterLock.holders(folders.lock)
    if let pid = record.pid, holders.contains(pid) { return .starting }
    // The starter was killed before it recorded the number: the command has no number that is known.
    if record.pid == nil, !holders.isEmpty, !Files.exists(ServerProcess.pidFile(folders.data)) {
      return .starting
    }
    return .ending(holders)
  }
}
