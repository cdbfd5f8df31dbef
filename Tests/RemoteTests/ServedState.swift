import FoundationEssentials
import Gateway
import GatewaySupport
import Glibc
import Logging
import Manifests
import Model
import PostgresSupport
import Reconciling
import Subprocess
import Testing

@testable import ControlPlane
@testable import rendertrust

/// Commands with `--server`, compared with the same commands on the state.
///
/// Each test runs in `ServedState.with`: its own state with a private PostgreSQL, the API server on it, and
/// the built program.
@Suite(.serialized, .timeLimit(.minutes(5)))
enum Remote {}

/// A state that this process serves.
struct ServedState: Sendable {
  let folder: String
  let state: StateSession
  let tokens = FakeTokens()
  let operatorToken: String

  var stateFolder: String { folder + "/state" }
  var manifests: String { folder + "/dev" }
  var address: String { "unix://\(folder)/api.sock" }

  /// Serves while `work` runs, and removes everything afterwards.
  /// - Parameter follows: whether the server follows the manifest folder of `dev`.
  static func with(
    follows: Bool = false, _ work: @Sendable (ServedState) async throws -> Void
  ) async throws {
    try await TestFolder.with { folder in
      let location = StateLocation(folder: folder + "/state", database: nil)
      try await StateSession.open(location, reporter: SilentReporter()) { state in
        let served = ServedState(folder: folder, state: state)
        try FileManager.default.createDirectory(atPath: served.manifests, withIntermediateDirectories: true)
        try await served.serve(follows: follows, work)
      }
    }
  }

  private init(folder: String, state: StateSession) {
    self.folder = folder
    self.state = state
    operatorToken = tokens.make("olga", .operator)
  }

  private func serve(follows: Bool, _ work: @Sendable (ServedState) async throws -> Void) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let runner = ChangeRunner(state.changes, logger: logger)
    let followed = FollowedFolder(environment: "dev", paths: [manifests])
    let routes = OperatorRoutes(state: state, runner: runner, folder: follows ? followed : nil).routes
    let server = APIServer(
      address: .unix(path: folder + "/api.sock"), identity: nil, routes: routes, tokens: tokens, time: .real,
      accessLog: nil, logger: logger)
    let (stopped, stop) = AsyncStream<Never>.makeStream()
    let (addresses, address) = AsyncStream<ListenAddress>.makeStream()
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        defer { address.finish() }
        try await server.run(listening: { address.yield($0) }, until: { for await _ in stopped {} })
      }
      group.addTask { await runner.run() }
      _ = await addresses.first { _ in true }
      let result: Result<Void, any Error>
      do { result = .success(try await work(self)) } catch { result = .failure(error) }
      runner.close()
      stop.finish()
      try await group.waitForAll()
      try result.get()
    }
  }

  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(manifests)/\(name)", atomically: true, encoding: .utf8)
  }

  /// Writes an environment, a database and a ledger, which require no container engine.
  func writeLedger() throws {
    try write(
      """
      apiVersion: rendertrust.com/v1
      kind: Environment
      metadata: {name: dev}
      spec:
        mockGPUs: true
        variablesFrom: [{file: rates.yaml}]
      """, to: "environment.yaml")
    try write("minute: \"0.1\"\n", to: "rates.yaml")
    try write(
      """
      apiVersion: rendertrust.com/v1
      kind: Database
      metadata: {name: platform}
      spec: {embedded: {}}
      ---
      apiVersion: rendertrust.com/v1
      kind: Ledger
      metadata: {name: credits}
      spec: {payouts: {cpuMinute: "${minute}"}}
      """, to: "ledger.yaml")
  }

  // MARK: Commands

  /// Runs a command on the state.
  func local(_ words: [String]) async throws -> CommandOutcome {
    try await ServedState.execute(words + ["--state", stateFolder], ["RENDERTRUST_TOKEN": ""])
  }

  /// Runs a command with `--server`.
  func remote(_ words: [String], token: String? = nil) async throws -> CommandOutcome {
    try await ServedState.execute(
      words + ["--server", address], ["RENDERTRUST_TOKEN": token ?? operatorToken])
  }

  /// Orders an apply through the API, as any client does.
  func change(_ body: Value) async throws -> ChangeReport {
    let server = try RemoteServer(address, token: Secret(operatorToken), authorityFile: nil)
    return try await server.connected { transport in
      try await RemoteChange(server: server.name, transport: transport, reporter: SilentReporter())
        .run("/api/v1/apply", body, in: nil)
    }
  }

  static func execute(_ words: [String], _ variables: [String: String]) async throws -> CommandOutcome {
    let settings = variables.merging(["NO_COLOR": "1"]) { first, _ in first }
    let line =
      ["-u", "RENDERTRUST_SERVER"] + settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
      + [ServedState.program] + words
    let result = try await Subprocess.run(
      .name("env"), arguments: Arguments(line), input: .none, output: .string(limit: 16 << 20),
      error: .string(limit: 16 << 20))
    let code: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): -signal
      }
    return CommandOutcome(
      exitCode: code, output: result.standardOutput, errors: result.standardError)
  }

  /// Runs a command on the state and with `--server`. Ages change from second to second, so the remote output
  /// may equal the local one before or after it. Only a local output that does not change shows a difference.
  func both(_ words: [String]) async throws -> (local: CommandOutcome, remote: CommandOutcome) {
    var before = try await local(words)
    for _ in 0..<20 {
      let remote = try await remote(words)
      if remote == before { return (before, remote) }
      let after = try await local(words)
      if remote == after || before == after { return (after, remote) }
      before = after
    }
    throw SupportError("‘\(words.joined(separator: " "))’ did not print the same output twice")
  }

  static let program: String = {
    let arguments = CommandLine.arguments
    let bundle = arguments.firstIndex(of: "--test-bundle-path").map { arguments[$0 + 1] } ?? arguments[0]
    var folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast()
    while !folder.isEmpty {
      let candidate = folder.joined(separator: "/") + "/rendertrust"
      if access(candidate, X_OK) == 0, !candidate.hasSuffix(".xctest") { return candidate }
      folder = folder.dropLast()
    }
    return "rendertrust"
  }()
}

struct SupportError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// Discards everything.
struct SilentReporter: Reporter {
  var handler: ProgressHandler { { _ in } }
  func say(_ text: String) {}
  func remark(_ text: String) {}
  func warn(_ text: String) {}
  func report(_ diagnostics: [Diagnostic]) {}
  func tick() {}
  func clear() {}
}

/// The output of a command.
struct CommandOutcome: Hashable, Sendable, CustomStringConvertible {
  let exitCode: Int32
  let output: String
  let errors: String
  var description: String { "exit \(exitCode)\n--- output\n\(output)--- errors\n\(errors)" }
}
