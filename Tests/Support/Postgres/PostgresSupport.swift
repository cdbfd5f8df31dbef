internal import Glibc
internal import Model
package import Postgres
internal import Synchronization

/// A real PostgreSQL for tests: one private server for each test process, below a temporary folder, started
/// by the first test that needs it and stopped when the process ends, also when tests fail or the process is
/// killed. Each test gets a database of its own.
///
/// `RENDERTRUST_TEST_DATABASE_URL` names a server to use instead; its role must be allowed to create
/// databases.
package enum TestDatabase {
  /// Runs `body` with a pool on a new, empty database, which is dropped afterwards.
  package static func with<Output>(
    connections: Int = 8, _ body: (PostgresPool) async throws -> Output
  ) async throws -> Output {
    let number = counter.withLock { count in
      count += 1
      return count
    }
    let name = "test_\(getpid())_\(number)"
    let administrator = try await administrator()
    try await administrator.query("CREATE DATABASE \(name)")
    let pool = PostgresPool(try await configuration(database: name), connections: connections)
    let outcome: Result<Output, any Error>
    do { outcome = .success(try await body(pool)) } catch { outcome = .failure(error) }
    await pool.close()
    try await administrator.query("DROP DATABASE \(name) WITH (FORCE)")
    await administrator.close()
    return try outcome.get()
  }

  /// How to connect to a database of the server, which is started when needed.
  package static func configuration(database: String) async throws -> PostgresConfiguration {
    if let url = getenv("RENDERTRUST_TEST_DATABASE_URL").map({ String(cString: $0) }) {
      let (base, query) = url.split(separator: "?", maxSplits: 1).splitFirst
      let server = base.split(separator: "/", omittingEmptySubsequences: false).prefix(3).joined(
        separator: "/")
      return try PostgresConfiguration(url: Secret("\(server)/\(database)\(query.map { "?\($0)" } ?? "")"))
    }
    return try await SharedServer.shared.configuration(database: database)
  }

  private static func administrator() async throws -> PostgresPool {
    PostgresPool(try await configuration(database: "postgres"), connections: 1)
  }

  private static let counter = Mutex(0)
}

/// A folder below the temporary folder that users other than root may enter.
package enum TestFolder {
  /// Removed, with all that is in it, when `body` ends.
  package static func with<Output>(_ body: (String) async throws -> Output) async throws -> Output {
    let folder = try make()
    let outcome: Result<Output, any Error>
    do { outcome = .success(try await body(folder)) } catch { outcome = .failure(error) }
    run(["sh", "-c", removal(folder)])
    return try outcome.get()
  }

  /// Ends servers that a failing test left behind, recognised by the folder they work in, and removes
  /// everything.
  private static func removal(_ folder: String) -> String {
    """
    for file in $(find \(folder) -name postmaster.pid); do
      pid=$(head -n 1 $file)
      [ "$(readlink /proc/$pid/cwd)" = "${file%/postmaster.pid}" ] && kill -QUIT $pid
    done
    rm -rf \(folder) || rm -rf \(folder)
    """
  }

  static func make() throws -> String {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/rendertrust-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestSupportError("cannot make a folder below \(parent)") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(folder, 0o755)
    return folder
  }

  /// Runs a program to its end.
  @discardableResult
  package static func run(_ command: [String]) -> Int32 {
    let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    guard posix_spawnp(&pid, command[0], nil, nil, arguments, environ) == 0 else { return -1 }
    var status: Int32 = 0
    waitpid(pid, &status, 0)
    return status
  }
}

package struct TestSupportError: Error, CustomStringConvertible {
  package let description: String
  init(_ description: String) { self.description = description }
}

/// The server of this test process.
private actor SharedServer {
  static let shared = SharedServer()

  private var starting: Task<PostgresServer, any Error>?

  func configuration(database: String) async throws -> PostgresConfiguration {
    let start = starting ?? Task { try await SharedServer.start() }
    starting = start
    return try await start.value.configuration(database: database)
  }

  /// A shell waits for the other end of a pipe to close, which the kernel does when this process ends in
  /// whatever way, then stops the server and removes the folder.
  private static func start() async throws -> PostgresServer {
    let folder = try TestFolder.make()
    let server = PostgresServer(
      stateFolder: folder,
      options: PostgresServer.Options(settings: ["max_connections": "400"], isDurable: false))
    try watch(folder)
    try await server.start()
    return server
  }

  private static func watch(_ folder: String) throws {
    var ends: [Int32] = [-1, -1]
    // The writing end stays open in this process only: neither the shell nor any other child may hold it,
    // also none that another thread starts at this moment.
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestSupportError("no pipe") }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[0], 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    for descriptor in Int32(3)...256 { posix_spawn_file_actions_addclose(&actions, descriptor) }
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, 0x80)
    let script = """
      read line
      pid=$(head -n 1 \(folder)/postgres/data/postmaster.pid) && kill -QUIT $pid
      while kill -0 $pid 2>/dev/null; do sleep 0.02; done
      rm -rf \(folder)
      """
    let command = ["sh", "-c", script]
    let arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    guard posix_spawnp(&pid, "sh", &actions, &attributes, arguments, environ) == 0 else {
      throw TestSupportError("no shell")
    }
    close(ends[0])
  }
}

extension Array {
  fileprivate var splitFirst: (Element, Element?) { (self[0], count > 1 ? self[1] : nil) }
}
