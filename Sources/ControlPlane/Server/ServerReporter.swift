package import Logging
package import Manifests
import Model
package import Reconciling
import Synchronization

/// Logs the progress of passes.
package final class ServerReporter: Reporter {
  private let logger: Logger
  private let next: ProgressHandler
  private let reportDiagnostics: @Sendable ([Diagnostic]) -> Void
  private let revision = Atomic<Int64>(0)

  /// - Parameters:
  ///   - next: receives the same progress.
  ///   - diagnostics: receives the problems of manifests.
  package init(
    _ logger: Logger, next: @escaping ProgressHandler,
    diagnostics: @escaping @Sendable ([Diagnostic]) -> Void
  ) {
    self.logger = logger
    self.next = next
    reportDiagnostics = diagnostics
  }

  package var handler: ProgressHandler {
    { [self] progress in
      log(progress)
      next(progress)
    }
  }

  package func say(_ text: String) { logger.info("\(text)") }
  package func remark(_ text: String) { logger.info("\(text)") }
  package func warn(_ text: String) { logger.warning("\(text)") }
  package func report(_ diagnostics: [Diagnostic]) { reportDiagnostics(diagnostics) }
  package func clear() {}
  package func tick() {}

  private func log(_ progress: Progress) {
    switch progress {
    case .observing, .settled: break
    case .planned(let plan):
      revision.store(plan.revision, ordering: .relaxed)
      let work = plan.resources.filter(\.isExecutable)
      guard !work.isEmpty else { break }
      logger.info(
        "planned",
        metadata: [
          "revision": number(plan.revision),
          "resources": .array(work.prefix(20).map { .string($0.id.description) }),
          "steps": number(Int64(work.reduce(0) { $0 + $1.steps.count })),
        ])
    case .started(let id, let step): logger.debug("step started", metadata: fields(id, step))
    case .finished(let id, let step, let span, let error):
      var fields = fields(id, step)
      fields["durationSeconds"] = .stringConvertible(Milliseconds(span: span))
      guard let error else {
        logger.info("step done", metadata: fields)
        break
      }
      fields["code"] = .string(error.code.rawValue)
      fields["error"] = .string(error.message)
      fields["hint"] = error.hint.map { .string($0) }
      fields["retry"] = .string(error.retry.rawValue)
      logger.error("step failed", metadata: fields)
    case .note(let event):
      var fields: Logger.Metadata = [
        "reason": .string(event.reason.rawValue), "revision": number(event.revision),
      ]
      fields["resource"] = event.id.map { .string($0.description) }
      logger.log(level: event.isWarning ? .warning : .info, "\(event.message)", metadata: fields)
    case .loop(let event): log(event)
    }
  }

  private func log(_ event: LoopEvent) {
    switch event {
    case .round, .reconciled, .pendingRemovals: break
    case .observed(let kind, let count, let failures, let span):
      logger.debug(
        "observed",
        metadata: [
          "kind": .string(kind), "resources": number(Int64(count)), "failures": number(Int64(failures)),
          "durationSeconds": .stringConvertible(Milliseconds(span: span)),
        ])
    case .storeFailed(let error):
      logger.error("\(error.description)", metadata: ["code": .string(error.code.rawValue)])
    }
  }

  private func fields(_ id: ResourceID, _ step: AnyStep) -> Logger.Metadata {
    [
      "resource": .string(id.description), "revision": number(revision.load(ordering: .relaxed)),
      "step": .string(step.summary), "action": .string(step.action.rawValue),
    ]
  }

  private func number(_ number: Int64) -> Logger.MetadataValue { .stringConvertible(number) }
}
