package import Gateway
package import Logging
package import Model
import Reconciling
import Synchronization

/// Carries out changes that were ordered through the API, whether or not those who ordered them still listen. Changes of
/// one environment wait for each other's leases, as commands do.
package final class ChangeRunner: Sendable {
  /// What is ordered, and for which environment.
  package struct Change: Sendable {
    package let environment: String
    /// The command's name, for leases and log.
    package let role: String
    /// For the log.
    package let actor: String
    package let body: @Sendable (Session) async throws -> ChangeReport
  }

  private struct Work: Sendable {
    let change: Change
    let listener: AsyncStream<APIEvent>.Continuation
  }

  private let session: Session
  private let logger: Logger
  private let queue: AsyncStream<Work>
  private let feed: AsyncStream<Work>.Continuation
  private let underWay = Mutex(0)

  /// Changes that wait hold a connection and their manifests.
  private static let most = 16
  /// How long a listener hears nothing at most.
  private static let silence = TimeSpan(seconds: 5)

  package init(_ session: Session, logger: Logger) {
    self.session = session
    self.logger = logger
    (queue, feed) = AsyncStream.makeStream()
  }

  /// Takes an order; the stream ends with `done` or `failed`. Nobody has to listen.
  package func order(_ change: Change) throws(OperationError) -> AsyncStream<APIEvent> {
    guard !session.engine.gracefulStop.isRequested else { throw .unavailable("this server is stopping") }
    let isTaken = underWay.withLock { count in
      guard count < ChangeRunner.most else { return false }
      count += 1
      return true
    }
    guard isTaken else { throw .unavailable("too many changes wait already") }
    let (events, listener) = AsyncStream<APIEvent>.makeStream()
    if case .terminated = feed.yield(Work(change: change, listener: listener)) {
      underWay.withLock { $0 -= 1 }
      throw .unavailable("this server is stopping")
    }
    return events
  }

  /// No further order is taken.
  package func close() { feed.finish() }

  /// Until it is closed and what was ordered is over. Cancelling gives up what is under way, which the journal tells.
  package func run() async {
    await withTaskGroup(of: Void.self) { group in
      for await work in queue {
        group.addTask { await self.carryOut(work) }
      }
    }
  }

  /// Carries changes out for as long as `work` takes. What is under way at its end, and is given the time until
  /// `drainLimit`, ends at the next step where a drain was requested.
  package func beside<Output: Sendable>(
    drainLimit: TimeSpan, _ work: () async -> Output
  ) async -> Output {
    let time = session.engine.time
    return await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.run() }
      let output = await work()
      close()
      group.addTask {
        guard (try? await time.sleep(drainLimit)) != nil else { return }
        self.logger.warning("changes that were ordered took too long and are given up")
      }
      await group.next()
      group.cancelAll()
      return output
    }
  }

  private func carryOut(_ work: Work) async {
    let change = work.change
    let fields: Logger.Metadata = [
      "command": .string(change.role), "environment": .string(change.environment),
      "actor": .string(change.actor),
    ]
    logger.info("a change was ordered", metadata: fields)
    let end = await withTaskGroup(of: ProgressMessage?.self) { group in
      group.addTask { await self.end(of: work) }
      group.addTask {
        while (try? await self.session.engine.time.sleep(ChangeRunner.silence)) != nil {
          if let event = ProgressMessage.alive.event { work.listener.yield(event) }
        }
        return nil
      }
      defer { group.cancelAll() }
      return await group.next() ?? nil
    }
    if let event = end?.event { work.listener.yield(event) }
    work.listener.finish()
    underWay.withLock { $0 -= 1 }
    logger.info("a change is over", metadata: fields)
  }

  private func end(of work: Work) async -> ProgressMessage? {
    let voice = RemoteReporter(listener: work.listener, own: session.progress)
    let report = Mutex<ChangeReport?>(nil)
    do {
      let session = try await session.refreshed().unattended(telling: voice)
      try await session.changing(work.change.environment, as: work.change.role) { session in
        let end = try await work.change.body(session)
        report.withLock { $0 = end }
      }
    } catch {
      return .failed(OperationError(error))
    }
    return report.withLock { $0 }.map { .done($0) }
  }
}
