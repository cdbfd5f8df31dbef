package import JobStore
package import Logging
import Model
import Postgres
import Synchronization

/// Logs the events of a scheduler. Logs a repeated failure once.
package final class LogDeduplicator: Sendable {
  private let lastFailure = Mutex<String?>(nil)

  package init() {}

  package func log(_ event: SchedulerLoop.Event, to logger: Logger) {
    if case .failed(let error) = event {
      let text = error.description
      let isNew = lastFailure.withLock { known in
        defer { known = text }
        return known != text
      }
      if isNew { logger.warning("\(text)") }
      return
    }
    lastFailure.withLock { $0 = nil }
    switch event {
    case .dispatched(let count): logger.debug("dispatched", metadata: ["jobs": .stringConvertible(count)])
    case .ended(let count):
      logger.info("ended overdue attempts", metadata: ["jobs": .stringConvertible(count)])
    case .settled(let count): logger.debug("settled", metadata: ["attempts": .stringConvertible(count)])
    case .unpaid(let reasons):
      for (attempt, reason) in reasons.sorted(by: { $0.key < $1.key }) {
        logger.error(
          "attempt not paid", metadata: ["attempt": .string(attempt), "reason": .string(reason)])
      }
    case .failed: break
    }
  }
}
