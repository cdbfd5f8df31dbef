package import Model
import Reconciling

/// The loop of `up`: ends at Ctrl-C, and optionally once every resource is ready.
extension WatchLoop {
  /// - Parameter readyTimeout: end once every resource is ready, and fail after this time; nil: run until a
  ///   signal.
  package func run(from desired: DesiredState, jobs: JobControl, readyTimeout: TimeSpan?) async throws {
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let result = await follow(
      desired, triggers, feed,
      beside: [
        { await StopSignals.watch(changes.engine.gracefulStop, changes.reporter) { feed.finish() } },
        { await changes.reporter.animate(by: changes.engine.time) },
        { await reportReady(desired, readyTimeout, feed) }, { await jobs.run() },
      ])
    changes.reporter.clear()
    do { try result.get() } catch { throw OperationError.failed(error.description) }
    if readyTimeout != nil {
      let unready = try await changes.store.unreadyResources(in: desired.environment)
      guard unready.isEmpty else {
        throw OperationError.failed("not ready: \(unready.map(\.description).joined(separator: ", "))")
      }
    }
  }

  /// Reports that all resources are ready for the first time. With a timeout, ends the loop then.
  private func reportReady(
    _ desired: DesiredState, _ timeout: TimeSpan?, _ feed: AsyncStream<Trigger>.Continuation
  ) async {
    let time = changes.engine.time
    let reporter = changes.reporter
    let begun = time.now()
    while (try? await time.sleep(TimeSpan(milliseconds: 250))) != nil {
      let elapsed = time.now() - begun
      if let timeout, elapsed >= timeout { return feed.finish() }
      guard settling.isSettled,
        let unready = try? await changes.store.unreadyResources(in: desired.environment), unready.isEmpty
      else { continue }
      reporter.reportReady(
        Readiness(environment: desired.environment, resources: desired.resources.count, elapsed: elapsed))
      guard timeout == nil else { return feed.finish() }
      let paths = manifests.paths.joined(separator: " ")
      reporter.say("  Watching \(paths); everything is observed every \(resync). Ctrl-C ends.")
      return
    }
  }
}
