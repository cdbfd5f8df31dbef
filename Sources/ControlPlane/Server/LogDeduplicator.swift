package import JobStore
package import Logging
import Model
import Postgres
import Synchronization

/// Tells a scheduler's news to a log, and a trouble once for as long as it lasts.
package final class LogDeduplicator: Sendable {
  private let trouble = Mutex<String?>(nil)

  package init() {}

  package func tell(_ news: SchedulerLoop.Event, to logger: Logger) {
    if case .failed(let error) = news {
      let text = error.description
      let isNew = trouble.withLock { known in
        defer { known = text }
        return known != text
      }
      if isNew { logger.warning("\(text)") }
      return
    }
    trouble.withLock { $0 = nil }
    switch news {
    case .dispatched(let count): logger.debug("dispatched", metadata: ["jobs": .stringConvertible(count)])
    case .ended(let count):
      logger.info("ended what was overdue", metadata: ["jobs": .stringConvertible(count)])
    case .settled(let count): logger.debug("settled", metadata: ["attempts": .stringConvertible(count)])
    case .unpaid(let reasons):
      for (attempt, reason) in reasons.sorted(by: { $0.key < $1.key }) {
        logger.error(
          "an attempt was not paid", metadata: ["attempt": .string(attempt), "reason": .string(reason)])
      }
    case .failed: break
    }
  }
}
