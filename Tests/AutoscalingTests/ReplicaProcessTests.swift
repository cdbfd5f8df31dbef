import Autoscaling
import Model
import PostgresSupport
import Reconciling
import ReconcilingSupport
import Testing

/// Replicas as real processes.
@Suite(.timeLimit(.minutes(1))) struct ReplicaProcessTests {
  private static let path = ["PATH": Secret("/usr/bin:/bin")]

  @Test("A replica's output and exit are reported")
  func output() async throws {
    let lines = Watched<[String]>([])
    let spawner = ReplicaProcess(
      command: ["/bin/sh", "-c", "echo $RENDERTRUST_REPLICA $RENDERTRUST_PARENT_WATCH $SECRET; exit 3"],
      environment: Self.path.merging(["SECRET": Secret("s")]) { $1 },
      line: { name, line in lines.change { $0.append("\(name): \(line)") } })
    let end = await spawner.run("here-0")
    #expect(lines.value == ["here-0: here-0 stdin s"])
    #expect(end.contains("3"), "\(end)")
  }

  @Test("A missing program is reported")
  func missingProgram() async throws {
    let spawner = ReplicaProcess(command: ["/nonexistent"], environment: [:]) { _, _ in }
    let end = await spawner.run("here-0")
    #expect(end.contains("127"), "\(end)")
  }

  @Test("Cancellation sends SIGTERM and waits for the exit")
  func cancellation() async throws {
    let lines = Watched<[String]>([])
    let spawner = ReplicaProcess(
      command: ["/bin/sh", "-c", "trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.05; done"],
      environment: Self.path, line: { _, line in lines.change { $0.append(line) } })
    let task = Task { await spawner.run("here-0") }
    await lines.until { $0.contains { $0.hasPrefix("up") } }
    task.cancel()
    let end = await task.value
    #expect(end == "was stopped" || end.hasPrefix("ended"))
  }

  /// The kernel closes the pipe when the parent is killed; here cancellation ends it.
  @Test("The input of a replica stays open while its parent runs")
  func inputStaysOpen() async throws {
    try await TestFolder.with { folder in
      let lines = Watched<[String]>([])
      let spawner = ReplicaProcess(
        command: ["/bin/sh", "-c", "echo up; cat > /dev/null; echo gone > \(folder)/end"],
        environment: Self.path, line: { _, line in lines.change { $0.append(line) } })
      let task = Task { await spawner.run("here-0") }
      await lines.until { $0.contains { $0.hasPrefix("up") } }
      #expect(TestFolder.run(["test", "-e", "\(folder)/end"]) != 0)
      task.cancel()
      _ = await task.value
    }
  }

  /// An inherited descriptor would keep the input of an orphan open.
  @Test("A replica inherits no descriptor of another one")
  func inheritedDescriptors() async throws {
    let lines = Watched<[String]>([])
    func spawner(_ script: String) -> ReplicaProcess {
      ReplicaProcess(
        command: ["/bin/sh", "-c", script], environment: Self.path,
        line: { name, line in lines.change { $0.append("\(name) \(line)") } })
    }
    let first = Task { await spawner("echo up; cat").run("first") }
    await lines.until { $0.contains("first up") }
    _ = await spawner("ls /proc/$$/fd").run("second")
    #expect(lines.value.filter { $0.hasPrefix("second") } == ["second 0", "second 1", "second 2"])
    first.cancel()
    _ = await first.value
  }

  @Test("The exit of the parent is detected when the pipe closes, and not before")
  func parentExit() async throws {
    let time = ManualTime()
    let ends = Pipe()
    let hasExited = Watched(false)
    let task = Task {
      await ParentDeathWatch.waitForParentExit(time.source, file: ends.reading)
      hasExited.change { $0 = true }
    }
    await time.sleepers(1)
    ends.write()
    time.advance(ParentDeathWatch.interval)
    await time.sleepers(1)
    #expect(!hasExited.value)
    ends.close()
    time.advance(ParentDeathWatch.interval)
    await hasExited.until { $0 }
    await task.value
  }
}
