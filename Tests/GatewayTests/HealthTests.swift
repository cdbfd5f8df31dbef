import Gateway
import Model
import Testing

@Suite(.timeLimit(.minutes(1))) struct HealthTests {
  @Test("The server is healthy when every check succeeds")
  func theServerIsHealthyWhenEveryCheckSucceeds() async {
    let health = HealthChecks(alive: [("loop", { nil })], ready: [("state", { nil })])
    let report = await health.readiness()
    #expect(report.isHealthy && report.json == #"{"checks":{"loop":"ok","state":"ok"},"status":"ok"}"# + "\n")
  }

  @Test("Names the failing check, and is alive although not ready")
  func namesTheFailingCheckAndIsAliveAlthough() async throws {
    let health = HealthChecks(
      alive: [("loop", { nil })], ready: [("state", { "refused" }), ("firstPass", { nil })])
    #expect(await health.liveness().isHealthy)
    let report = await health.readiness()
    let value = try Value(json: report.json)
    #expect(!report.isHealthy && value["reason"] == .string("state: refused"))
    #expect(value["checks"]?["firstPass"] == .string("ok") && value["status"] == .string("failing"))
  }

  @Test("A check of readiness may be stricter than that of liveness with the same name")
  func stricterReadiness() async {
    let health = HealthChecks(alive: [("postgres", { nil })], ready: [("postgres", { "down for 1 s" })])
    #expect(await health.liveness().isHealthy)
    let report = await health.readiness()
    #expect(report.json.contains(#""checks":{"postgres":"down for 1 s"}"#))
    #expect(!report.isHealthy)
  }

  @Test("Does not wait for a check that does not return")
  func doesNotWaitForACheckThatDoesNotReturn() async {
    let silent: @Sendable () async -> String? = {
      while (try? await Task.sleep(for: .seconds(60))) != nil {}
      return nil
    }
    let health = HealthChecks(alive: [], ready: [("state", silent)], limit: .milliseconds(20))
    let report = await health.readiness()
    #expect(!report.isHealthy && report.json.contains("no answer within"))
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
