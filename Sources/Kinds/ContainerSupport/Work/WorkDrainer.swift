internal import Concurrency
package import Model

/// Lets the jobs of containers end before the containers are changed or removed.
package struct WorkDrainer: Sendable {
  private let work: any WorkDirectory
  private let clock: any Clock<Duration>
  private static let interval = Duration.milliseconds(500)

  init(_ work: any WorkDirectory, clock: any Clock<Duration>) {
    self.work = work
    self.clock = clock
  }

  /// Returns once no attempt runs in the scope. Attempts that still run after `limit` are preempted. Where
  /// the task is cancelled, the scope gets new attempts again.
  package func drain(
    _ scope: DrainScope, successor: Digest?, within limit: TimeSpan, because reason: String,
    in context: ReconcileContext
  ) async throws(BackendError) {
    do throws(BackendError) {
      try await wait(scope, successor: successor, within: limit, because: reason, in: context, clock: clock)
    } catch {
      guard Task.isCancelled else { throw error }
      _ = await UncancellableTask.run { await release(scope, in: context) }
      throw error
    }
  }

  package func release(_ scope: DrainScope, in context: ReconcileContext) async -> Result<Void, BackendError>
  {
    await Result { () async throws(BackendError) in try await work.release(scope, in: context) }
  }

  private func wait<C: Clock>(
    _ scope: DrainScope, successor: Digest?, within limit: TimeSpan, because reason: String,
    in context: ReconcileContext, clock: C
  ) async throws(BackendError) where C.Duration == Duration {
    let end = clock.now.advanced(by: .milliseconds(limit.milliseconds))
    while true {
      let left = max(clock.now.duration(to: end), .zero)
      let attempts = try await work.drain(
        scope, successor: successor, within: TimeSpan(milliseconds: Int64(left / .milliseconds(1))),
        because: reason, in: context)
      if attempts.isEmpty { return }
      if left == .zero {
        try await work.preempt(scope, because: reason, in: context)
        return
      }
      guard
        (try? await clock.sleep(until: clock.now.advanced(by: min(Self.interval, left)), tolerance: nil))
          != nil
      else {
        throw BackendError(code: "cancelled", "waiting for \(attempts.count) jobs was cancelled")
      }
    }
  }
}
