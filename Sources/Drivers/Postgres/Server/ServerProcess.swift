internal import Glibc
internal import Model

/// The server's main process, as its pid file describes it. Its parent may be this process, another user of
/// the same state folder, or gone.
struct ServerProcess: Sendable {
  enum Status: Equatable {
    case starting, ready, standby, stopping
  }

  let pid: pid_t
  let status: Status

  /// Returns the live server on this data folder. Nil when the pid file is absent or names a process that has
  /// ended, is a zombie, or is another program: after a power failure the number may be in use again.
  static func running(dataFolder: String) -> ServerProcess? {
    guard
      let lines = Files.read(pidFile(dataFolder))?.split(separator: "\n", omittingEmptySubsequences: false),
      let pid = lines.first.flatMap({ pid_t($0) }), pid > 1, isServer(pid, of: dataFolder)
    else { return nil }
    let word = lines.count > 7 ? lines[7].prefix { $0 != " " } : ""
    let status: Status =
      switch word {
      case "ready": .ready
      case "standby": .standby
      case "stopping": .stopping
      default: .starting
      }
    return ServerProcess(pid: pid, status: status)
  }

  static func pidFile(_ dataFolder: String) -> String { "\(dataFolder)/postmaster.pid" }

  /// The process that the pid file names, in the numbers of the PID namespace where it was started.
  static func recordedPid(_ dataFolder: String) -> pid_t? {
    Files.read(pidFile(dataFolder))?.split(separator: "\n").first.flatMap { pid_t($0) }
  }

  /// Removes a pid file that names a zombie or an unrelated process: PostgreSQL does not start in a data
  /// folder whose pid file names a living process. The caller holds the postmaster lock, which proves that no
  /// server runs in any PID namespace. PostgreSQL's own check of shared memory still finds backends that
  /// outlived a server of version 0.4.0.
  static func removeStalePidFile(_ dataFolder: String, socketFolder: String) {
    for path in [pidFile(dataFolder), "\(socketFolder)/.s.PGSQL.5432.lock"] {
      guard let text = Files.read(path) else { continue }
      guard let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) }), pid > 0 else {
        // The file was created but not written before the power failed.
        Files.remove(path)
        continue
      }
      reap(pid)
      if kill(pid, 0) == 0 || errno == EPERM { Files.remove(path) }
    }
  }

  /// A server makes the data folder its working directory.
  private static func isServer(_ pid: pid_t, of dataFolder: String) -> Bool {
    reap(pid)
    guard let status = Files.read("/proc/\(pid)/stat"), let end = status.lastIndex(of: ")"),
      status[status.index(after: end)...].first(where: { $0 != " " }) != "Z"
    else { return false }
    return Files.resolved("/proc/\(pid)/cwd") == Files.resolved(dataFolder)
  }

  /// Collects the exit status of a child; does nothing for other processes.
  private static func reap(_ pid: pid_t) { _ = waitpid(pid, nil, WNOHANG) }

  /// Whether a child has ended.
  static func hasExited(_ pid: pid_t) -> Bool { waitpid(pid, nil, WNOHANG) != 0 }

  /// Ends processes that outlived their server.
  static func end(_ processes: [pid_t], isForced: Bool) {
    for pid in processes { kill(pid, isForced ? SIGKILL : SIGTERM) }
  }

  /// Disconnects clients, writes a checkpoint and ends.
  func stopFast() { kill(pid, SIGINT) }
  /// Ends at once; the next start recovers from the WAL.
  func stopImmediately() { kill(pid, SIGQUIT) }
  /// Reads the configuration files again.
  func reload() { kill(pid, SIGHUP) }

  /// Starts a process in a session of its own, so that Ctrl-C in this process's terminal does not reach it.
  /// Its output is appended to `log`. It inherits one descriptor, under another number, and no other.
  static func spawn(
    _ command: [String], log: String, inheriting descriptor: Int32, as number: Int32
  ) throws(PostgresError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o640)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    // Closes descriptors that were opened without close-on-exec; closing an unused number does no harm.
    let highest = Files.entries("/proc/self/fd").compactMap { Int32($0) }.max() ?? 64
    for other in 3...(highest + 256) where other != number {
      posix_spawn_file_actions_addclose(&actions, other)
    }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The server sets its own handlers, but would inherit this process's blocked and ignored signals.
    var none = sigset_t()
    sigemptyset(&none)
    var all = sigset_t()
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    let setsid: Int32 = 0x80
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(setsid))
    let arguments = command.map { strdup($0) } + [nil]
    let environment = ServerPrograms.environment.map { strdup($0) } + [nil]
    defer { for text in arguments + environment { free(text) } }
    var pid: pid_t = 0
    let code = posix_spawnp(&pid, command[0], &actions, &attributes, arguments, environment)
    guard code == 0 else {
      throw PostgresError(
        .server, "cannot start \(command[0]): \(String(cString: strerror(code)))",
        server: "The embedded PostgreSQL")
    }
    return pid
  }
}
