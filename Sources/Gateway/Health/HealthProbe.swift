internal import Synchronization

/// A check that runs at most once at a time, apart from the requests that wait for it. A request that cannot
/// wait leaves without an answer, while the check may continue: a check that ignores its cancellation delays
/// no request, and many requests do not start it many times.
final class HealthProbe: Sendable {
  private struct State {
    /// The number of requests so far, and the number of those that the running and the last run answer.
    var requestCount = 0
    var runningFor = 0
    var answered = 0
    var startedAt: ContinuousClock.Instant?
    /// The result of the last run.
    var problem: String?
  }

  let name: String
  private let check: @Sendable () async -> String?
  private let state = Mutex(State())
  private let requests: AsyncStream<Void>
  private let feed: AsyncStream<Void>.Continuation

  init(_ check: HealthChecks.Check) {
    name = check.name
    self.check = check.run
    (requests, feed) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  /// Runs the check when there are requests, until the task is cancelled. Called once.
  func run() async {
    for await _ in requests {
      state.withLock {
        $0.runningFor = $0.requestCount
        $0.startedAt = .now
      }
      let problem = await check()
      state.withLock {
        $0.answered = $0.runningFor
        $0.startedAt = nil
        $0.problem = problem
      }
    }
  }

  private static let pollInterval = Duration.milliseconds(5)

  /// The result of a run that began after this call: nil for success, otherwise the problem. Returns at the
  /// latest after `limit`, and at once when the running check has been silent for longer.
  func result(within limit: Duration) async -> String? {
    let deadline = ContinuousClock.now + limit
    let request = state.withLock {
      $0.requestCount += 1
      return $0.requestCount
    }
    feed.yield()
    while true {
      let (isAnswered, problem, startedAt) = state.withLock {
        ($0.answered >= request, $0.problem, $0.startedAt)
      }
      if isAnswered { return problem }
      let now = ContinuousClock.now
      if let startedAt, now - startedAt > limit {
        return "no answer for \((now - startedAt).components.seconds) s"
      }
      guard now < deadline, (try? await Task.sleep(for: HealthProbe.pollInterval)) != nil else {
        return "no answer within \(limit)"
      }
    }
  }
}
