package import Gateway
package import Logging
package import Model
import Reconciling
import Synchronization

/// Performs changes that were ordered through the API, also after their callers disconnect. Changes of one
/// environment wait for each other's leases, as commands do.
package final class ChangeRunner: Sendable {
  /// An ordered change of one environment.
  package struct Change: Sendable {
    package let environment: String
    /// The name of the command, for leases and log.
    package let role: String
    /// For the log.
    package let actor: String
    package let body: @Sendable (ChangeExecutor) async throws -> ChangeReport
  }

  private struct Work: Sendable {
    let change: Change
    let listener: AsyncStream<APIEvent>.Continuation
  }

  private let executor: ChangeExecutor
  private let logger: Logger
  private let queue: AsyncStream<Work>
  private let feed: AsyncStream<Work>.Continuation
  private let pending = Mutex(0)

  /// Each pending change holds a connection and its manifests.
  private static let maxPending = 16
  /// The maximum time between two events of a stream.
  private static let keepAliveInterval = TimeSpan(seconds: 5)

  package init(_ executor: ChangeExecutor, logger: Logger) {
    self.executor = executor
    self.logger = logger
    (queue, feed) = AsyncStream.makeStream()
  }

  /// Accepts a change.
  /// - Returns: the events of the change, which end with `done` or `failed`. The change runs whether they are
  ///   read or not.
  package func submit(_ change: Change) throws(OperationError) -> AsyncStream<APIEvent> {
    guard !executor.engine.gracefulStop.isRequested else { throw .unavailable("this server is stopping") }
    let isAccepted = pending.withLock { count in
      guard count < ChangeRunner.maxPending else { return false }
      count += 1
      return true
    }
    guard isAccepted else { throw .unavailable("too many changes are pending") }
    let (events, listener) = AsyncStream<APIEvent>.makeStream()
    if case .terminated = feed.yield(Work(change: change, listener: listener)) {
      pending.withLock { $0 -= 1 }
      throw .unavailable("this server is stopping")
    }
    return events
  }

  /// Refuses further changes.
  package func close() { feed.finish() }

  /// Performs changes until the runner is closed and every change has ended. Cancellation interrupts running
  /// changes; the journal records that.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      for await work in queue {
        group.addTask { await self.perform(work) }
      }
    }
  }

  /// Performs changes while `work` runs. Afterwards running changes have `drainLimit` to end.
  package func run<Output: Sendable>(
    drainLimit: TimeSpan, during work: () async -> Output
  ) async -> Output {
    let time = executor.engine.time
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.run() }
      let output = await work()
      close()
      group.addTask {
        guard (try? await time.sleep(drainLimit)) != nil else { return }
        self.logger.warning("ordered changes exceeded the drain time and are cancelled")
      }
      await group.next()
      group.cancelAll()
      return output
    }
  }

  private func perform(_ work: Work) async {
    let change = work.change
    let fields: Logger.Metadata = [
      "command": .string(change.role), "environment": .string(change.environment),
      "actor": .string(change.actor),
    ]
    logger.info("change started", metadata: fields)
    let end = await withTaskGroup(of: ProgressMessage?.self) { group in
      group.addTask { await self.end(of: work) }
      group.addTask {
        while (try? await self.executor.engine.time.sleep(ChangeRunner.keepAliveInterval)) != nil {
          if let event = ProgressMessage.alive.event { work.listener.yield(event) }
        }
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    if let event = end?.event { work.listener.yield(event) }
    work.listener.finish()
    pending.withLock { $0 -= 1 }
    logger.info("change ended", metadata: fields)
  }

  private func end(of work: Work) async -> ProgressMessage {
    let reporter = RemoteReporter(listener: work.listener, server: executor.reporter)
    do {
      let report = try await executor.unattended(reporter: reporter)
        .withLeases(of: work.change.environment, as: work.change.role, work.change.body)
      return .done(report)
    } catch {
      return .failed(OperationError(error))
    }
  }
}
