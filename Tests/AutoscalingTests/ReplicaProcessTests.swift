import Autoscaling
import Model
import PostgresSupport
import Reconciling
import ReconcilingSupport
import Testing

/// Replicas as real processes.
@Suite(.timeLimit(.minutes(1))) struct ReplicaProcessTests {
  private static let path = ["PATH": Secret("/usr/bin:/bin")]

  @Test func `what it prints is handed over, and how it ended`() async throws {
    let lines = Watched<[String]>([])
    let spawner = ReplicaProcess(
      command: ["/bin/sh", "-c", "echo $RENDERTRUST_REPLICA $RENDERTRUST_TETHER $SECRET; exit 3"],
      environment: Self.path.merging(["SECRET": Secret("s")]) { $1 },
      line: { name, line in lines.change { $0.append("\(name): \(line)") } })
    let end = await spawner.run("here-0")
    #expect(lines.value == ["here-0: here-0 stdin s"])
    #expect(end.contains("3"), "\(end)")
  }

  @Test func `a program that is not there is told`() async throws {
    let spawner = ReplicaProcess(command: ["/nonexistent"], environment: [:]) { _, _ in }
    let end = await spawner.run("here-0")
    #expect(end.contains("127"), "as env says it: \(end)")
  }

  @Test func `cancelling asks it to end, and it has a moment`() async throws {
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

  /// A parent that is killed closes the pipe; here a shell is the parent, and its child waits for the end of its input.
  @Test func `the input of a replica stays open while its parent lives, and ends with it`() async throws {
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

  /// Else a sister that lives on would keep the input of an orphan open.
  @Test func `a replica has nothing open that belongs to another`() async throws {
    let lines = Watched<[String]>([])
    func spawner(_ script: String) -> ReplicaProcess {
      ReplicaProcess(
        command: ["/bin/sh", "-c", script], environment: Self.path,
        line: { name, line in lines.change { $0.append("\(name) \(line)") } })
    }
    let sister = Task { await spawner("echo up; cat").run("first") }
    await lines.until { $0.contains("first up") }
    _ = await spawner("ls /proc/$$/fd").run("second")
    #expect(lines.value.filter { $0.hasPrefix("second") } == ["second 0", "second 1", "second 2"])
    sister.cancel()
    _ = await sister.value
  }

  @Test func `a tether breaks when the other end is closed, and not before`() async throws {
    let time = ManualTime()
    let ends = Pipe()
    let isBroken = Watched(false)
    let task = Task {
      await ParentDeathWatch.broken(time.source, file: ends.reading)
      isBroken.change { $0 = true }
    }
    await time.sleepers(1)
    ends.write()
    time.advance(ParentDeathWatch.pause)
    await time.sleepers(1)
    #expect(!isBroken.value)
    ends.close()
    time.advance(ParentDeathWatch.pause)
    await isBroken.until { $0 }
    await task.value
  }
}
