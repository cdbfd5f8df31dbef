import DockerEngine
import DockerSupport
import FoundationEssentials
import Glibc
import Model
import Subprocess

/// A folder with state and manifests, and the built program, as an operator has them. Torn down by `with`.
struct Installation: Sendable {
  let folder: String
  let bed: DockerTestBed

  var state: String { folder + "/state" }
  var manifests: String { folder + "/manifests" }

  struct Outcome: Sendable {
    let exitCode: Int32
    let output: String
    let errors: String
  }

  /// Makes an installation, runs `work`, destroys what it applied and removes the folder.
  static func with<Output>(_ work: (Installation) async throws -> Output) async throws -> Output {
    let bed = try await DockerTestBed.shared()
    var template = Array("\(bed.folder)/e2e-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw SupportError("mkdtemp failed: \(errno)") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    chmod(folder, 0o755)
    chmod(bed.folder, 0o755)
    let installation = Installation(folder: folder, bed: bed)
    try FileManager.default.createDirectory(
      atPath: installation.manifests, withIntermediateDirectories: true)
    let result: Result<Output, any Error>
    do { result = .success(try await work(installation)) } catch { result = .failure(error) }
    _ = try? await installation.run(["destroy", "--yes"])
    try? FileManager.default.removeItem(atPath: folder)
    return try result.get()
  }

  /// Writes one file of manifests.
  func write(_ text: String, to name: String) throws {
    try text.write(toFile: "\(manifests)/\(name)", atomically: true, encoding: .utf8)
  }

  func remove(_ name: String) throws { try FileManager.default.removeItem(atPath: "\(manifests)/\(name)") }

  /// Runs a command to its end, with this installation's state.
  @discardableResult
  func run(_ arguments: [String], dockerHost: String? = nil) async throws -> Outcome {
    let result = try await Subprocess.run(
      .path(.init(Installation.program)), arguments: Arguments(withState(arguments)),
      environment: environment(dockerHost), output: .string(limit: 16 << 20), error: .string(limit: 16 << 20))
    let code: Int32 =
      switch result.terminationStatus {
      case .exited(let code): code
      case .signaled(let signal): -signal
      }
    return Outcome(exitCode: code, output: result.standardOutput ?? "", errors: result.standardError ?? "")
  }

  /// Starts a command and gives its process to `work`; when `work` returns, the process is ended like by Ctrl-C.
  func running<Output: Sendable>(
    _ arguments: [String], _ work: @Sendable (pid_t) async throws -> Output
  ) async throws -> Output {
    let child = try ChildProcess.start(
      [Installation.program] + withState(arguments), environment: ["DOCKER_HOST": host, "NO_COLOR": "1"],
      output: folder + "/running.log")
    let result: Result<Output, any Error>
    do { result = .success(try await work(child)) } catch { result = .failure(error) }
    kill(child, SIGINT)
    await ChildProcess.wait(for: child)
    return try result.get()
  }

  /// Polls until `condition` holds; false after `seconds`.
  func eventually(within seconds: Int, _ condition: () async throws -> Bool) async throws -> Bool {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while clock.now < deadline {
      if try await condition() { return true }
      try await clock.sleep(for: .milliseconds(100))
    }
    return try await condition()
  }

  /// All containers of the installation's resources, running or not.
  func containers() async throws -> [ContainerSummary] {
    try await bed.engine.listContainers(labels: ["\(Model.labelPrefix)/owner": try owner()])
  }

  /// The mark on everything that this installation owns.
  func owner() throws -> String {
    try String(contentsOfFile: "\(state)/owner", encoding: .utf8).trimmingCharacters(
      in: .whitespacesAndNewlines)
  }

  /// `get -o json` as values.
  func statuses() async throws -> [Value] {
    let outcome = try await run(["get", "-o", "json"])
    guard outcome.exitCode == 0, case .array(let statuses) = try Value(json: outcome.output) else {
      throw SupportError("get failed: \(outcome.errors)")
    }
    return statuses
  }

  /// `Kind/name` of resources that are not ready.
  func unready() async throws -> [String] {
    try await statuses().filter { status in
      guard case .array(let conditions)? = status["conditions"] else { return true }
      return !conditions.contains { $0["type"] == .string("Ready") && $0["status"] == .bool(true) }
    }.compactMap { $0["id"]?.plainText }
  }

  var host: String { "\(bed.engine.endpoint)" }

  private func withState(_ arguments: [String]) -> [String] {
    let stateless: Set<String> = ["validate", "schema", "explain", "completions"]
    return arguments.first.map { stateless.contains($0) } ?? true
      ? arguments : arguments + ["--state", state]
  }

  private func environment(_ dockerHost: String?) -> Subprocess.Environment {
    .inherit.updating(["DOCKER_HOST": dockerHost ?? host, "NO_COLOR": "1"])
  }

  /// The executable that was built beside the tests.
  static var program: String {
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    let candidates = CommandLine.arguments + [own]
    for candidate in candidates {
      let folder = candidate.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(
        separator: "/")
      let program = folder + "/rendertrust"
      if access(program, X_OK) == 0 { return program }
    }
    return "rendertrust"
  }
}
