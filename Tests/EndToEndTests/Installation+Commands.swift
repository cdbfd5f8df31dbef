import DockerEngine
import FoundationEssentials
import Glibc
import Model
import Subprocess
import Testing

/// The result of a command.
struct CommandResult: Sendable, CustomStringConvertible {
  /// Negative: the number of the signal that ended the process.
  let exitCode: Int32
  let output: String
  let errors: String

  /// For failing expectations.
  var description: String { "exit \(exitCode)\n--- output\n\(output)--- errors\n\(errors)" }
  /// The output as JSON.
  func json() throws -> Value { try Value(json: output) }
}

extension Installation {
  typealias Variables = [String: String]

  /// Runs a command with the state of this installation and waits for its end.
  @discardableResult
  func run(_ arguments: String..., variables: Variables = [:]) async throws -> CommandResult {
    try await run(arguments, variables: variables) { _ in }.outcome
  }

  /// Applies the manifest folder; fails the test on an error.
  @discardableResult
  func apply(_ more: String..., variables: Variables = [:]) async throws -> CommandResult {
    let outcome = try await run(["apply", manifestFolder] + more, variables: variables) { _ in }.outcome
    try #require(outcome.exitCode == 0, "\(outcome)")
    return outcome
  }

  /// Starts a command, runs `work` with its process ID, and returns when the process has ended.
  func run<Output: Sendable>(
    _ arguments: [String], variables: Variables = [:], while work: (pid_t) async throws -> Output
  ) async throws -> (outcome: CommandResult, output: Output) {
    let isStateful = arguments.first.map(Installation.statefulCommands.contains) ?? false
    let options = arguments.prefix { $0 != "--" }
    let words =
      [Installation.program] + options + (isStateful ? ["--state", state] : [])
      + arguments.dropFirst(options.count)
    let settings = ["DOCKER_HOST": "\(engine.endpoint)", "NO_COLOR": "1"].merging(variables) { _, given in
      given
    }
    // `env` executes the program in place, so the process ID is that of the program.
    let line = settings.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + words
    let result = try await Subprocess.run(
      .name("env"), arguments: Arguments(line), input: .none, output: .string(limit: 16 << 20),
      error: .string(limit: 16 << 20)
    ) { execution in
      let pid = execution.processIdentifier.value
      let outcome: Result<Output, any Error>
      do { outcome = .success(try await work(pid)) } catch { outcome = .failure(error) }
      return (pid, outcome)
    }
    let code: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): -signal
      }
    let outcome = CommandResult(exitCode: code, output: result.standardOutput, errors: result.standardError)
    return (outcome, try result.closureResult.1.get())
  }

  /// Runs `up` during `work` and ends it with SIGINT.
  func up<Output: Sendable>(
    _ more: String..., work: (pid_t) async throws -> Output
  ) async throws -> (outcome: CommandResult, output: Output) {
    try await run(["up", manifestFolder] + more) { pid in
      let result: Result<Output, any Error>
      do { result = .success(try await work(pid)) } catch { result = .failure(error) }
      kill(pid, SIGINT)
      return try result.get()
    }
  }

  private static let statefulCommands: Set<String> = [
    "plan", "apply", "up", "diff", "rollback", "destroy", "get", "describe", "why", "events", "history",
    "backup", "server", "audit", "import", "export", "credits", "ledger", "billing", "job", "node",
    "token", "environments",
  ]

  /// The executable in the folder of the test bundle.
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

// MARK: - Results of commands

extension Installation {
  /// `get -o json`.
  func statuses() async throws -> [Value] {
    let outcome = try await run("get", "-o", "json")
    try #require(outcome.exitCode == 0, "\(outcome)")
    return try outcome.json().elements
  }

  /// Resources that are not ready, with their conditions.
  func unready() async throws -> [String] {
    try await statuses().compactMap { status in
      let conditions = status["conditions"]?.elements ?? []
      let isReady = conditions.contains { $0["type"] == .string("Ready") && $0["status"] == .bool(true) }
      return isReady ? nil : "\(status["id"]?.plainText ?? "?"): \(status["conditions"]?.json ?? "")"
    }
  }

  /// `events -o json`, oldest first, as `Reason Kind/name`.
  func events() async throws -> [String] {
    let outcome = try await run("events", "--limit", "10000", "-o", "json")
    try #require(outcome.exitCode == 0, "\(outcome)")
    return try outcome.json().elements.map {
      "\($0["reason"]?.plainText ?? "?") \($0["resource"]?.plainText ?? "–")"
    }
  }

  /// `plan -o json`: the outcome of each resource that is not unchanged.
  func changes(_ more: String...) async throws -> [String: String] {
    let outcome = try await run(["plan", manifestFolder, "-o", "json"] + more) { _ in }.outcome
    try #require(outcome.exitCode == 0, "\(outcome)")
    var changes: [String: String] = [:]
    for resource in try outcome.json()["resources"]?.elements ?? [] {
      guard let id = resource["id"]?.plainText, let result = resource["outcome"]?.plainText else { continue }
      if result != "unchanged" { changes[id] = result }
    }
    return changes
  }
}

extension Value {
  /// The elements of an array; empty for other values.
  var elements: [Value] {
    if case .array(let elements) = self { return elements }
    return []
  }
}
