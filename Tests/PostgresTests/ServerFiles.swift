import FoundationEssentials
import Glibc
import PostgresSupport
import Testing

/// The files and processes of the embedded server of a test.
struct ServerFiles {
  let folder: String
  var data: String { "\(folder)/postgres/data" }
  var socket: String { "\(folder)/postgres/socket" }
  var lock: String { "\(folder)/postgres/postmaster.lock" }

  init(_ folder: String) { self.folder = folder }

  /// The process that the pid file names.
  var postmaster: pid_t {
    get throws {
      let text = try String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8)
      return try #require(text.split(separator: "\n").first.flatMap { pid_t($0) })
    }
  }

  /// The processes that work in the data folder, of all PID namespaces below this one.
  var processes: [pid_t] {
    get throws {
      try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(pid)/cwd")) == data
      }.sorted()
    }
  }

  /// The main processes of servers on the data folder.
  var postmasters: [pid_t] {
    get throws {
      let all = try processes
      return all.filter { pid in
        let text = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 1, let parent = pid_t(fields[1]) else { return false }
        return !all.contains(parent)
      }
    }
  }

  /// Starts the server's program without this package, in another PID namespace or in this one.
  /// - Parameter holdsLock: as a server of this version does; those of version 0.4.0 do not.
  func launch(inNamespace: Bool, holdsLock: Bool) async throws {
    let lock = "exec 3>>\(lock); flock -w 10 3 || exit 9; readlink /proc/self/ns/pid > \(lock); "
    let user = geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : ""
    let command =
      "\(holdsLock ? lock : "")exec \(user)$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)/postgres "
      + "-D \(data) -k \(socket) -c listen_addresses= -c port=5432"
    // The first process of the namespace stays a shell, so that the server has another number there. It ends
    // with the server, and with `unshare`.
    let namespace = "unshare --pid --fork --kill-child --mount-proc sh -c \"sh -c '\(command)'; exit 0\""
    let program = inNamespace ? namespace : "sh -c '\(command)'"
    TestFolder.run([
      "sh", "-c", "\(program) < /dev/null >> \(folder)/launch.log 2>&1 & echo $! > \(folder)/launch.pid",
    ])
    for _ in 0..<1000 where !isReady { try await ContinuousClock().sleep(for: .milliseconds(10)) }
    try #require(isReady, "\((try? String(contentsOfFile: "\(folder)/launch.log", encoding: .utf8)) ?? "")")
  }

  /// Whether all processes of the server are gone. They end shortly after the server has stopped.
  func isGone() async throws -> Bool {
    for _ in 0..<500 {
      if try processes.isEmpty { return true }
      try await ContinuousClock().sleep(for: .milliseconds(10))
    }
    return false
  }

  private var isReady: Bool {
    (try? String(contentsOfFile: "\(data)/postmaster.pid", encoding: .utf8))?.contains("ready") == true
  }

  /// Kills all processes of the server, and what `launch` started, and waits until they are gone.
  func killServer() async throws {
    if let text = try? String(contentsOfFile: "\(folder)/launch.pid", encoding: .utf8),
      let pid = text.split(separator: "\n").first.flatMap({ pid_t($0) })
    {
      kill(pid, SIGKILL)
    }
    for _ in 0..<1000 {
      let left = try processes
      if left.isEmpty { return }
      for pid in left { kill(pid, SIGKILL) }
      try await ContinuousClock().sleep(for: .milliseconds(10))
    }
  }
}
