import FoundationEssentials
import Glibc
import Model
import Postgres
import PostgresSupport
import Subprocess

/// Controllers with separate state folders on one PostgreSQL server.
struct ControllerReplicas: Sendable {
  let folder: String
  let pool: PostgresPool
  private let variables: [String]
  private let database: String
  private let socket: String

  /// Creates a server with one database for the state and one for prices.
  static func with(_ work: (ControllerReplicas) async throws -> Void) async throws {
    try await TestFolder.with { folder in
      let server = PostgresServer(stateFolder: folder, options: PostgresServer.Options(isDurable: false))
      try await server.start()
      let result: Result<Void, any Error>
      do { result = .success(try await run(folder, server, work)) } catch { result = .failure(error) }
      _ = try? await server.stop()
      try result.get()
    }
  }

  private static func run(
    _ folder: String, _ server: PostgresServer, _ work: (ControllerReplicas) async throws -> Void
  ) async throws {
    for name in ["state", "platform"] { _ = try await server.createDatabase(name) }
    let socket = await server.socketFolder ?? ""
    func url(_ name: String) -> String { "postgresql:///\(name)?host=\(socket)&user=postgres" }
    let pool = PostgresPool(try await server.configuration(database: "state"), connections: 2)
    try FileManager.default.createDirectory(
      atPath: folder + "/manifests", withIntermediateDirectories: true)
    let replicas = ControllerReplicas(
      folder: folder, pool: pool, variables: ["NO_COLOR=1", "POSTGRES_URL=\(url("platform"))"],
      database: url("state"), socket: socket)
    let result: Result<Void, any Error>
    do { result = .success(try await work(replicas)) } catch { result = .failure(error) }
    await pool.close()
    try result.get()
  }

  func write(_ manifests: [Manifest]) throws {
    for manifest in manifests {
      try manifest.text.write(
        toFile: "\(folder)/manifests/\(manifest.file)", atomically: true, encoding: .utf8)
    }
  }

  /// Starts a command with its own state folder and runs `work` with its process ID. `up` is ended with
  /// SIGINT afterwards.
  @discardableResult
  func run<Output: Sendable>(
    _ arguments: [String], state: String, while work: (pid_t) async throws -> Output
  ) async throws -> (outcome: CommandResult, output: Output) {
    let line =
      variables + [Installation.program] + arguments
      + ["--state", "\(folder)/\(state)", "--database", database]
    let result = try await Subprocess.run(
      .name("env"), arguments: Arguments(line), input: .none, output: .string(limit: 16 << 20),
      error: .string(limit: 16 << 20)
    ) { execution in
      let pid = execution.processIdentifier.value
      let outcome: Result<Output, any Error>
      do { outcome = .success(try await work(pid)) } catch { outcome = .failure(error) }
      if arguments[0] == "up" {
        kill(pid, SIGCONT)
        kill(pid, SIGINT)
      }
      return outcome
    }
    let code: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): -signal
      }
    let outcome = CommandResult(exitCode: code, output: result.standardOutput, errors: result.standardError)
    return (outcome, try result.closureResult.get())
  }

  func run(_ arguments: String...) async throws -> CommandResult {
    try await run(arguments, state: "command") { _ in }.outcome
  }

  func up<Output: Sendable>(_ state: String, _ work: (pid_t) async throws -> Output) async throws -> (
    outcome: CommandResult, output: Output
  ) {
    try await run(["up", folder + "/manifests", "--resync", "20s"], state: state, while: work)
  }

  /// The database of the prices.
  func platform() throws -> PostgresConfiguration {
    PostgresConfiguration(socketFolder: socket, database: "platform")
  }

  // MARK: State

  func number(_ sql: String, _ parameters: [SQLValue] = []) async throws -> Int64 {
    try await pool.query(sql, parameters).only().int(0)
  }

  /// The number of key ranges that a process holds.
  func share(_ pid: pid_t) async throws -> Int64 {
    try await number("SELECT count(*) FROM leases WHERE holder LIKE '%-' || $1 || '-%'", [.text("\(pid)")])
  }

  /// The number of resources that are ready at the revision or a later one.
  func ready(_ revision: Int64) async throws -> Int64 {
    try await number(
      """
      SELECT count(*) FROM resource_status WHERE revision >= $1
        AND EXISTS (SELECT FROM json_array_elements(conditions::json) c
          WHERE c ->> 'type' = 'Ready' AND (c ->> 'status')::boolean)
      """, [.int(revision)])
  }

  /// Polls until `condition` is true. Errors count as false: tables may not exist yet.
  /// - Returns: the time that it took; nil if the condition was not true within `seconds`.
  func eventually(within seconds: Int, _ condition: () async throws -> Bool) async throws -> Duration? {
    let clock = ContinuousClock()
    let start = clock.now
    while clock.now - start < .seconds(seconds) {
      if (try? await condition()) == true { return clock.now - start }
      try await clock.sleep(for: .milliseconds(50))
    }
    return nil
  }
}
