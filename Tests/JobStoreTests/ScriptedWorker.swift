import JobModel
import Model
import RandomSupport

/// The worker of one node that behaves badly at random, by its seed: it crashes, stalls, reports twice and
/// reports late.
struct ScriptedWorker: Sendable {
  let node: String
  let workerAPI: any WorkerAPI
  let seed: UInt64
  /// The maximum number of concurrent attempts.
  let width: Int

  private enum Act {
    case succeed, succeedTwice, fail, refuse, crash, late
  }

  /// Runs until the task is cancelled. Reports are repeated while the scheduler is unavailable, as a relay
  /// does.
  func run() async {
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await sendHeartbeats() }
      for part in 0..<width {
        group.addTask { await work(SeededRandom(seed: seed &* 1000 &+ UInt64(part))) }
      }
    }
  }

  private func sendHeartbeats() async {
    while !Task.isCancelled {
      _ = try? await workerAPI.heartbeat(WorkerHeartbeat(node: node, images: [ScriptedWorker.image]))
      try? await Task.sleep(for: .seconds(1))
    }
  }

  static let image = String(repeating: "ab", count: 32)

  private func work(_ generator: SeededRandom) async {
    var dice = generator
    while !Task.isCancelled {
      guard let orders = try? await workerAPI.work(for: node, limit: 2, timeout: .seconds(1)) else {
        try? await Task.sleep(for: .milliseconds(50))
        continue
      }
      // Several tasks read the same orders; each chooses one at random.
      guard let order = orders.isEmpty ? nil : orders[Int(dice.int(UInt64(orders.count)))] else { continue }
      await act(order, &dice)
    }
  }

  private func act(_ order: WorkOrder, _ dice: inout SeededRandom) async {
    guard await report(order, .accept) else { return }
    switch choose(&dice) {
    case .crash: return
    case .late:
      try? await Task.sleep(for: .milliseconds(1200 + Int(dice.int(800))))
      await report(order, succeeded)
    case .succeedTwice:
      await report(order, succeeded)
      await report(order, succeeded)
    case .fail: await report(order, .fail(reason: "broke", WorkUsage(cpu: 3), isFinal: false))
    case .refuse: await report(order, .fail(reason: "refused", WorkUsage(cpu: 1), isFinal: true))
    case .succeed:
      if dice.int(4) == 0 { await report(order, .progress(units: 0, WorkUsage(cpu: 1), note: "half")) }
      await report(order, succeeded)
    }
  }

  private var succeeded: WorkReport.Event {
    .succeed(units: 1, WorkUsage(cpu: 5), output: .string("done"), artefacts: [])
  }

  private func choose(_ dice: inout SeededRandom) -> Act {
    switch dice.int(1000) {
    case 0..<10: .crash
    case 10..<20: .late
    case 20..<70: .succeedTwice
    case 70..<90: .fail
    case 90..<95: .refuse
    default: .succeed
    }
  }

  /// - Returns: false where the attempt was superseded.
  @discardableResult
  private func report(_ order: WorkOrder, _ event: WorkReport.Event) async -> Bool {
    while !Task.isCancelled {
      do throws(JobError) {
        _ = try await workerAPI.report(WorkReport(order.attempt, event), from: node)
        return true
      } catch {
        guard error.code == .unavailable else { return false }
        try? await Task.sleep(for: .milliseconds(50))
      }
    }
    return false
  }
}
