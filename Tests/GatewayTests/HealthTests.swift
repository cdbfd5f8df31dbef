import Gateway
import Model
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(3))) struct HealthTests {
  /// A limit within which checks that return answer on a loaded machine too.
  private static let patient = Duration.seconds(60)

  private func running<Output: Sendable>(
    _ health: HealthChecks, _ body: (HealthChecks) async throws -> Output
  ) async rethrows -> Output {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await health.run() }
      defer { group.cancelAll() }
      return try await body(health)
    }
  }

  @Test("The server is healthy when every check succeeds")
  func theServerIsHealthyWhenEveryCheckSucceeds() async {
    let health = HealthChecks(alive: [("loop", { nil })], ready: [("state", { nil })], limit: Self.patient)
    let report = await running(health) { await $0.readiness() }
    #expect(report.isHealthy && report.json == #"{"checks":{"loop":"ok","state":"ok"},"status":"ok"}"# + "\n")
  }

  @Test("Names the failing check, and is alive although not ready")
  func namesTheFailingCheckAndIsAliveAlthough() async throws {
    let health = HealthChecks(
      alive: [("loop", { nil })], ready: [("state", { "refused" }), ("firstPass", { nil })],
      limit: Self.patient)
    let (isAlive, report) = await running(health) { (await $0.liveness().isHealthy, await $0.readiness()) }
    #expect(isAlive)
    let value = try Value(json: report.json)
    #expect(!report.isHealthy && value["reason"] == .string("state: refused"))
    #expect(value["checks"]?["firstPass"] == .string("ok") && value["status"] == .string("failing"))
  }

  @Test("A check of readiness may be stricter than that of liveness with the same name")
  func stricterReadiness() async {
    let health = HealthChecks(
      alive: [("postgres", { nil })], ready: [("postgres", { "down for 1 s" })], limit: Self.patient)
    let (isAlive, report) = await running(health) { (await $0.liveness().isHealthy, await $0.readiness()) }
    #expect(isAlive)
    #expect(report.json.contains(#""checks":{"postgres":"down for 1 s"}"#))
    #expect(!report.isHealthy)
  }

  @Test("A check that does not return, even when it is cancelled, delays no report and runs once")
  func hangingCheck() async throws {
    let (gate, open) = AsyncStream<Void>.makeStream()
    let calls = Mutex(0)
    let hanging: @Sendable () async -> String? = {
      calls.withLock { $0 += 1 }
      // Ignores the cancellation of its task.
      await withCheckedContinuation { continuation in
        Task.detached {
          for await _ in gate {}
          continuation.resume()
        }
      }
      return nil
    }
    // Long enough for the other checks on a loaded machine. A report that waited for the hanging check would
    // never return.
    let health = HealthChecks(
      alive: [("loop", { nil })], ready: [("state", hanging), ("lease", { nil })], limit: .seconds(5))
    try await running(health) { health in
      defer { open.finish() }
      for round in 0..<3 {
        let report = await health.readiness()
        let checks = try Value(json: report.json)["checks"]
        #expect(!report.isHealthy && checks?["lease"] == .string("ok") && checks?["loop"] == .string("ok"))
        #expect(checks?["state"]?.plainText.hasPrefix("no answer") == true, "round \(round): \(report.json)")
        #expect(await health.liveness().isHealthy)
      }
      #expect(calls.withLock { $0 } == 1)
    }
  }

  @Test("A check that answers again is ready with the next report")
  func recovery() async {
    let isBroken = Mutex(true)
    let health = HealthChecks(
      alive: [], ready: [("state", { isBroken.withLock { $0 } ? "refused" : nil })], limit: Self.patient)
    await running(health) { health in
      #expect(await !health.readiness().isHealthy)
      isBroken.withLock { $0 = false }
      #expect(await health.readiness().isHealthy, "a report uses no result from before its request")
    }
  }

  @Test("The loop is alive while it completes rounds")
  func theLoopIsAliveWhileItCompletesRounds() {
    let start = SuspendingClock().now
    func liveness(_ activity: LoopActivity, _ seconds: Int) -> String? {
      activity.liveness(within: .seconds(30), startedAt: start, now: start.advanced(by: .seconds(seconds)))
    }
    var activity = LoopActivity()
    #expect(liveness(activity, 30) == nil)
    #expect(liveness(activity, 31) == "the loop has not started 31 s after the process")
    activity.recordRound(queued: 0, inFlight: 0, at: start.advanced(by: .seconds(40)))
    #expect(liveness(activity, 70) == nil)
    #expect(liveness(activity, 72) == "the loop has not completed a round for 32 s")
  }
}
