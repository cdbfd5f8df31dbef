internal import FoundationEssentials
internal import HTTP
internal import Model
internal import Synchronization

// Processes inside running containers (`docker exec`). They run as the container's own user, as leaders of
// their own process group, under a shell that reports the number of the group and the processor time.
extension DockerEngine {
  /// Runs a process to its end. It does not outlive the call: when it exceeds its timeout or output limit,
  /// the connection breaks or the task is cancelled, its whole group receives TERM, and KILL after two
  /// seconds. Where the image has no `/bin/sh`, the command runs without the wrapper: no processor time is
  /// measured, and a process that does not end with its input is ended by restarting the container.
  /// - Parameter errorLine: Called with each line of standard error as it arrives, without its end; at most
  ///   64 KiB of it.
  /// - Throws: `notFound` and `conflict` when the container does not exist or does not run, `cancelled`, and
  ///   the engine's errors. A missing program is an exit code of 126 or 127.
  package func run(
    _ process: ContainerProcess, errorLine: @escaping @Sendable ([UInt8]) -> Void = { _ in }
  ) async throws(DockerError) -> ContainerProcessResult {
    let began = ContinuousClock().now
    let mark = "end of \(UInt64.random(in: .min ... .max))"
    let wrapped = ["/bin/sh", "-c", ProcessOutput.wrapper, mark] + process.command
    let first = try await execute(process, wrapped, mark: mark, errorLine: errorLine)
    guard first.output.saysThereIsNoShell, first.end == .exited(126) || first.end == .exited(127) else {
      return first.result
    }
    var rest = process
    rest.timeout -= ContinuousClock().now - began
    return try await execute(rest, process.command, mark: nil, errorLine: errorLine).result
  }

  private struct ProcessRun {
    let output: ProcessOutput
    let end: ContainerProcessResult.End

    var result: ContainerProcessResult {
      ContainerProcessResult(
        end: end, output: output.output, errors: output.lastErrors,
        cpuTime: { if case .exited = end { output.cpuTime } else { nil } }())
    }
  }

  private func execute(
    _ process: ContainerProcess, _ command: [String], mark: String?,
    errorLine: @escaping @Sendable ([UInt8]) -> Void
  ) async throws(DockerError) -> ProcessRun {
    let shared = Mutex(
      ProcessOutput(mark: mark, maxOutputBytes: process.maxOutputBytes, maxErrorBytes: process.maxErrorBytes))
    let id = try await prepare(
      command, in: process.container, environment: process.environment, hasInput: true)
    var start = request(
      .post, "/exec/\(id)/start", body: .members(["Detach": .bool(false), "Tty": .bool(false)]))
    start.totalTimeout = max(process.timeout, .milliseconds(1))
    let broken: HTTPError?
    do {
      let answer = try await HTTPUpgrade(start, to: "tcp", sending: process.input).run { piece in
        let (lines, goesOn) = shared.withLock { output in
          (output.feed(piece), !output.hasTooMuch && !output.isMalformed)
        }
        for line in lines { errorLine(line) }
        return goesOn
      }
      guard answer.status < 400 else {
        throw DockerError(
          status: answer.status, body: answer.body, subject: "container \(process.container)",
          endpoint: endpoint)
      }
      broken = nil
    } catch let error as HTTPError {
      broken = error
    } catch let error as DockerError {
      throw error
    } catch {
      throw DockerError(.engineFailed, "\(endpoint.name): \(error)")
    }
    let (lines, output) = shared.withLock { output in (output.finish(), output) }
    for line in lines { errorLine(line) }
    return ProcessRun(
      output: output, end: try await ending(of: id, process, mark: mark, output: output, broken: broken))
  }

  /// Returns how the process ended; it has ended when this returns or throws.
  private func ending(
    of id: String, _ process: ContainerProcess, mark: String?, output: ProcessOutput, broken: HTTPError?
  ) async throws(DockerError) -> ContainerProcessResult.End {
    if broken == nil, !output.isMalformed {
      // The engine closes the output a moment before it reports that the process has ended.
      for _ in 0..<Self.maxEndPolls {
        if case .exited(let code) = try await state(of: id, isUncancellable: true) { return .exited(code) }
        guard (try? await Task.sleep(for: .milliseconds(20))) != nil else { break }
      }
    }
    try await end(id, group: output.group, mark: mark, in: process.container)
    if output.hasTooMuch { return .tooMuchOutput }
    if broken?.code == .timedOut { return .timedOut }
    if let broken, broken.code != .tooLarge { throw DockerError(broken, endpoint: endpoint) }
    throw DockerError(
      .unexpectedAnswer, "\(endpoint.name) ended the output of a process that still ran, or mixed it up",
      hint: "check the engine's log")
  }

  private static let maxEndPolls = 100

  func prepare(
    _ command: [String], in container: String, environment: [String: String] = [:], hasInput: Bool,
    isUncancellable: Bool = false
  ) async throws(DockerError) -> String {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    struct Created: Decodable { let Id: String }
    let body = Value.members([
      "AttachStdin": .bool(hasInput), "AttachStdout": .bool(true), "AttachStderr": .bool(true),
      "Tty": .bool(false), "Cmd": .strings(command),
      "Env": .strings(environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }),
    ])
    let path = "/containers/\(PercentEncoding.encode(container))/exec"
    let response = try await send(
      request(.post, path, body: body, timeout: .seconds(30)), about: "container \(container)",
      isUncancellable: isUncancellable)
    let created: Created = try decode(response.body, about: path)
    return created.Id
  }

  enum ProcessState: Hashable {
    case notStarted, running
    case exited(Int)
  }

  func state(of id: String, isUncancellable: Bool = false) async throws(DockerError) -> ProcessState {
    // swift-format-ignore: AlwaysUseLowerCamelCase
    struct Answer: Decodable {
      let Running: Bool
      let ExitCode: Int?
    }
    let response = try await send(
      request(.get, "/exec/\(id)/json", timeout: .seconds(30)), about: "a process",
      isUncancellable: isUncancellable
    )
    let state: Answer = try decode(response.body, about: "/exec/json")
    if state.Running { return .running }
    return state.ExitCode.map { .exited($0) } ?? .notStarted
  }

  /// TERM, up to two seconds for it, then KILL. `$1` is the group; where it is not known yet, `$2` finds the
  /// wrapper among the command lines, but not the processes that search for it. The wrapper may be about to
  /// start.
  private static let ender = #"""
    group=$1 n=0
    while [ -z "$group" ] && [ $n -lt 5 ]; do
      group=$(grep -ls "$2" /proc/[0-9]*/cmdline) || sleep 0.2 2>/dev/null || sleep 1
      n=$((n + 1))
    done
    group=${group#/proc/}; group=${group%%/*}
    [ -n "$group" ] || exit 1
    kill -TERM "-$group" 2>/dev/null || exit 0
    n=0
    while [ $n -lt 10 ] && kill -0 "-$group" 2>/dev/null; do
      sleep 0.2 2>/dev/null || { sleep 1; n=$((n + 4)); }
      n=$((n + 1))
    done
    kill -KILL "-$group" 2>/dev/null; exit 0
    """#

  /// Works in a cancelled task too.
  func end(
    _ id: String, group: Int?, mark: String?, in container: String
  ) async throws(DockerError) {
    do throws(DockerError) {
      if case .exited = try await state(of: id, isUncancellable: true) { return }
      if let mark, try await endGroup(group, mark: mark, in: container) { return }
      guard try await state(of: id, isUncancellable: true) == .running else { return }
      _ = try await send(
        request(.post, "/containers/\(PercentEncoding.encode(container))/restart", query: [("t", "0")]),
        about: "container \(container)", isUncancellable: true)
    } catch {
      // The process ended with the container or the engine.
      guard error.code != .notFound, error.code != .conflict else { return }
      throw error
    }
  }

  /// Returns whether the group was found and is gone. The engine may report the end a moment later.
  private func endGroup(_ group: Int?, mark: String, in container: String) async throws(DockerError) -> Bool {
    let pattern = "[\(mark.prefix(1))]\(mark.dropFirst())"
    let ender = try await prepare(
      ["/bin/sh", "-c", DockerEngine.ender, "end", group.map(String.init) ?? "", pattern], in: container,
      hasInput: false, isUncancellable: true)
    _ = try await send(
      request(
        .post, "/exec/\(ender)/start", body: .members(["Detach": .bool(false), "Tty": .bool(false)]),
        timeout: .seconds(30)), about: "container \(container)", isUncancellable: true)
    for _ in 0..<Self.maxEndPolls {
      if case .exited(let code) = try await state(of: ender, isUncancellable: true) { return code == 0 }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }
}
