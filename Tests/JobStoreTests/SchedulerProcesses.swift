import FoundationEssentials
import Glibc
import RandomSupport
import Subprocess
import Synchronization
import Testing

/// Scheduler processes that are killed and restarted at random.
final class SchedulerProcesses: Sendable {
  let socket: String
  let database: String
  let seed: UInt64
  private let started = Mutex(0)
  private let running = Mutex<[Int: pid_t]>([:])

  init(socket: String, database: String, seed: UInt64) {
    self.socket = socket
    self.database = database
    self.seed = seed
  }

  /// How many were started.
  var count: Int { started.withLock { $0 } }

  /// Keeps `count` processes running until it is cancelled, and kills one of them at random times.
  func run(_ count: Int) async throws {
    let path = try program()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<count {
        group.addTask { [self] in while !Task.isCancelled { try await runOne(path) } }
      }
      group.addTask { [self] in
        var dice = SeededRandom(seed: seed)
        while !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(300 + Int(dice.int(900))))
          let victims = running.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
          guard !victims.isEmpty, !Task.isCancelled else { continue }
          kill(victims[Int(dice.int(UInt64(victims.count)))], SIGKILL)
        }
      }
      try await group.waitForAll()
    }
  }

  private func runOne(_ path: String) async throws {
    let number = started.withLock { count in
      count += 1
      return count
    }
    _ = try await Subprocess.run(
      .name("env"), arguments: [path, socket, database], input: .none,
      output: .discarded,
      error: .discarded
    ) { execution in
      let pid = execution.processIdentifier.value
      running.withLock { $0[number] = pid }
      // Ends when the process is killed, here or by `run`.
      while !Task.isCancelled, kill(pid, 0) == 0, !SchedulerProcesses.isDead(pid) {
        try? await Task.sleep(for: .milliseconds(20))
      }
      kill(pid, SIGKILL)
    }
    running.withLock { $0[number] = nil }
  }

  /// Whether the process has ended or is a zombie.
  private static func isDead(_ pid: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = text.lastIndex(of: ")")
    else { return true }
    return text[end...].hasPrefix(") Z")
  }

  private func program() throws -> String {
    let folder = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let candidates = (0..<folder.count).map {
      folder.dropLast($0).joined(separator: "/") + "/siege-scheduler"
    }
    return try #require(candidates.first { access($0, X_OK) == 0 }, "siege-scheduler is not built")
  }
}
