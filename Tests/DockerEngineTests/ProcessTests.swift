import DockerSupport
import HTTP
import Model
import Synchronization
import Testing

@testable import DockerEngine

/// Processes inside a running container, on a real engine.
@Suite(
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct ProcessTests {
  /// A running container of the echo module.
  private func withContainer(_ work: (DockerTestBed, String) async throws -> Void) async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: image)
      configuration.restart = .unlessStopped
      let id = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      try await bed.engine.start(id)
      try await work(bed, id)
    }
  }

  /// Numbers of the processes inside whose command line holds this text.
  private func processes(_ text: String, in id: String, _ bed: DockerTestBed) async throws -> Int {
    let list = try await bed.engine.run(ContainerProcess(in: id, ["ps"], timeout: .seconds(20)))
    return String(decoding: list.output, as: UTF8.self).split(separator: "\n").filter { $0.contains(text) }
      .count
  }

  private func failure(of task: Task<ContainerProcessResult, any Error>) async -> DockerError.Code? {
    do {
      _ = try await task.value
      return nil
    } catch {
      return (error as? DockerError)?.code
    }
  }

  private static func shell(_ script: String, in id: String, _ timeout: Duration = .seconds(60))
    -> ContainerProcess
  {
    ContainerProcess(in: id, ["sh", "-c", script], timeout: timeout)
  }

  @Test("Input reaches the process, and both outputs return")
  func inputReachesTheProcessAndBothOutputsReturn() async throws {
    try await withContainer { bed, id in
      let echo = ContainerProcess(
        in: id, ["/module/run"], input: Array(#"{"text":"hi"}"#.utf8), timeout: .seconds(30))
      let answer = try await bed.engine.run(echo)
      #expect(answer.end == .exited(0))
      #expect(
        String(decoding: answer.output, as: UTF8.self)
          == #"{"module":"echo","version":"1.0","echo":{"text":"hi"}}"# + "\n")

      let lines = Mutex<[String]>([])
      let result = try await bed.engine.run(Self.shell("echo one >&2; cat; echo two >&2; exit 65", in: id)) {
        line in lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      }
      #expect(result.end == .exited(65) && result.output.isEmpty)
      #expect(String(decoding: result.errors, as: UTF8.self).hasPrefix("one\ntwo\n"))
      #expect(lines.withLock { $0 }.prefix(2) == ["one", "two"])
    }
  }

  @Test("Long input is not lost, whether the process reads it or not")
  func longInputIsNotLostWhetherTheProcessReads() async throws {
    try await withContainer { bed, id in
      let input = [UInt8](repeating: 120, count: 3 << 20)
      var process = ContainerProcess(in: id, ["wc", "-c"], input: input, timeout: .seconds(60))
      let counted = try await bed.engine.run(process)
      #expect(String(decoding: counted.output, as: UTF8.self) == "\(3 << 20)\n")
      process.command = ["true"]
      let unread = try await bed.engine.run(process)
      #expect(unread.end == .exited(0))
    }
  }

  @Test("The processor time is measured") func theProcessorTimeIsMeasured() async throws {
    try await withContainer { bed, id in
      let busy = try await bed.engine.run(
        Self.shell("head -c 300000000 /dev/zero | sha256sum >/dev/null", in: id))
      let idle = try await bed.engine.run(Self.shell("sleep 1", in: id))
      let time = try #require(busy.cpuTime)
      print(
        "sha256 of 300 MB took \(time.milliseconds) ms, an idle second \(idle.cpuTime?.milliseconds ?? -1) ms"
      )
      #expect(time.milliseconds >= 50)
      #expect(try #require(idle.cpuTime).milliseconds < time.milliseconds)
    }
  }

  @Test("A process that exceeds its timeout is ended with its children")
  func aProcessThatExceedsItsTimeoutIsEnded() async throws {
    try await withContainer { bed, id in
      let late = try await bed.engine.run(Self.shell("sleep 4321 & sleep 4321", in: id, .seconds(1)))
      #expect(late.end == .timedOut && late.cpuTime == nil)
      #expect(try await processes("sleep 4321", in: id, bed) == 0)
      let stubborn = try await bed.engine.run(
        Self.shell("trap '' TERM; while true; do sleep 1; done # 4322", in: id, .seconds(1)))
      #expect(stubborn.end == .timedOut)
      #expect(try await processes("4322", in: id, bed) == 0)
    }
  }

  @Test("A process that writes too much is ended")
  func aProcessThatWritesTooMuchIsEnded() async throws {
    try await withContainer { bed, id in
      var process = Self.shell("yes 7654", in: id)
      process.maxOutputBytes = 1 << 16
      let result = try await bed.engine.run(process)
      #expect(result.end == .tooMuchOutput && result.output.count == 1 << 16)
      #expect(try await processes("7654", in: id, bed) == 0)
    }
  }

  @Test("Cancelling ends the process") func cancellingEndsTheProcess() async throws {
    try await withContainer { bed, id in
      let (started, sign) = AsyncStream<Void>.makeStream()
      let task = Task {
        try await bed.engine.run(Self.shell("echo begun >&2; sleep 5432", in: id)) { _ in sign.yield() }
      }
      for await _ in started { break }
      task.cancel()
      #expect(await failure(of: task) == .cancelled)
      let left = try await processes("sleep 5432", in: id, bed)
      #expect(left == 0)
    }
  }

  @Test("A process that has not reported its number yet is ended too")
  func aProcessThatHasNotReportedItsNumberYet() async throws {
    try await withContainer { bed, id in
      let before = try await bed.engine.inspectContainer(id)?.startedAt
      let process = try await bed.engine.prepare(
        ["/bin/sh", "-c", "sleep 5433 & wait", "end of 42"], in: id, hasInput: false)
      let detached = Value.members(["Detach": .bool(true), "Tty": .bool(false)])
      _ = try await bed.engine.call(.post, "/exec/\(process)/start", body: detached)
      try await eventually { try await processes("sleep 5433", in: id, bed) == 2 }
      try await bed.engine.end(process, group: nil, mark: "end of 42", in: id)
      // One that never started is nothing to end.
      let idle = try await bed.engine.prepare(
        ["/bin/sh", "-c", "true", "end of 43"], in: id, hasInput: false)
      try await bed.engine.end(idle, group: nil, mark: "end of 43", in: id)
      let left = try await processes("sleep 5433", in: id, bed)
      let after = try await bed.engine.inspectContainer(id)?.startedAt
      #expect(left == 0 && before == after)
    }
  }

  @Test("Without a shell the command runs without the wrapper")
  func withoutAShellTheCommandRunsWithoutTheWrapper() async throws {
    let bed = try await DockerTestBed.shared()
    let image = try await bed.pulled("echoImage")
    try await bed.withScope { scope in
      var configuration = scope.configuration(image: image)
      configuration.hardening.user = "0:0"
      configuration.hardening.readOnlyRoot = false
      let id = try await bed.engine.createContainer(name: scope.name("a"), configuration)
      try await bed.engine.start(id)
      let removed = try await bed.engine.run(
        ContainerProcess(in: id, ["rm", "/bin/sh"], timeout: .seconds(20)))
      #expect(removed.end == .exited(0))

      var cat = ContainerProcess(in: id, ["cat"], input: Array("hi".utf8), timeout: .seconds(20))
      let answer = try await bed.engine.run(cat)
      #expect(answer.end == .exited(0) && answer.output == Array("hi".utf8) && answer.cpuTime == nil)
      cat.command = ["/not/there"]
      let missing = try await bed.engine.run(cat)
      #expect(missing.end == .exited(127) || missing.end == .exited(126))
      let sleeping = ContainerProcess(in: id, ["sleep", "6543"], timeout: .seconds(1))
      let late = try await bed.engine.run(sleeping)
      #expect(late.end == .timedOut)
      #expect(try await processes("sleep 6543", in: id, bed) == 0)
    }
  }

  @Test("A missing program is an exit code") func aMissingProgramIsAnExitCode() async throws {
    try await withContainer { bed, id in
      let missing = try await bed.engine.run(ContainerProcess(in: id, ["/not/there"], timeout: .seconds(20)))
      #expect(missing.end == .exited(127))
      #expect(String(decoding: missing.errors, as: UTF8.self).contains("not found"))
    }
  }

  @Test("A missing or stopped container is an error")
  func aMissingOrStoppedContainerIsAnError() async throws {
    try await withContainer { bed, id in
      let process = Self.shell("true", in: "absent-\(id.prefix(8))")
      let absent = await #expect(throws: DockerError.self) { try await bed.engine.run(process) }
      #expect(absent?.code == .notFound)
      try await bed.engine.stop(id, timeoutSeconds: 1)
      let stopped = await #expect(throws: DockerError.self) {
        try await bed.engine.run(Self.shell("true", in: id))
      }
      #expect(stopped?.code == .conflict)
    }
  }

  @Test("Killing a container ends its processes")
  func killingAContainerEndsItsProcesses() async throws {
    try await withContainer { bed, id in
      let (started, sign) = AsyncStream<Void>.makeStream()
      let task = Task {
        try await bed.engine.run(Self.shell("echo begun >&2; sleep 100", in: id)) { _ in sign.yield() }
      }
      for await _ in started { break }
      try await bed.engine.kill(id)
      let result = try await task.value
      #expect(result.end == .exited(137))
    }
  }

  @Test("Many processes run at once") func manyProcessesRunAtOnce() async throws {
    try await withContainer { bed, id in
      let began = ContinuousClock().now
      let answers = try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for index in 0..<20 {
          group.addTask {
            try await bed.engine.run(
              ContainerProcess(in: id, ["cat"], input: Array("\(index)".utf8), timeout: .seconds(60))
            ).output
          }
        }
        return try await group.reduce(into: Set<String>()) { $0.insert(String(decoding: $1, as: UTF8.self)) }
      }
      print("20 processes at once took \(ContinuousClock().now - began)")
      #expect(answers == Set((0..<20).map(String.init)))
    }
  }
}
