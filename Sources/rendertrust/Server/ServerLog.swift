import Glibc
import Logging
import Model
import Reconciling
import Synchronization

/// Writes the lines of a server's log to standard output: JSON for programs, or text for people. Free of secrets, as
/// all that it is told.
struct ServerLogHandler: LogHandler {
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  let format: LogFormat
  let time: TimeSource

  subscript(metadataKey key: String) -> Logger.MetadataValue? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var fields = metadata
    fields.merge(event.metadata ?? [:]) { _, new in new }
    let sorted = fields.sorted { $0.key < $1.key }
    let now = time.now().description
    var line: String
    switch format {
    case .json:
      var members: [Value.Member] = [
        Value.Member("time", .string(now)), Value.Member("level", .string(event.level.rawValue)),
        Value.Member("message", .string(event.message.description)),
      ]
      members += sorted.map { Value.Member($0.key, ServerLogHandler.value(of: $0.value)) }
      line = Value.object(members).json
    case .text:
      line = "\(now) \(event.level.rawValue) \(event.message)"
      for (key, value) in sorted { line += " \(key)=\(ServerLogHandler.value(of: value).json)" }
      line = line.replacing("\n", with: "\\n")
    }
    Output.print(line)
  }

  /// Numbers stay numbers.
  private static func value(of metadata: Logger.MetadataValue) -> Value {
    switch metadata {
    case .string(let text): return .string(text)
    case .stringConvertible(let other as Int64): return .integer(other)
    case .stringConvertible(let other as Milliseconds): return .decimal(other.description)
    case .stringConvertible(let other): return .string(other.description)
    case .array(let elements): return .array(elements.map(value))
    case .dictionary(let members): return .object(members.mapValues(value))
    }
  }
}

/// A span as seconds with three digits: `0.042`.
struct Milliseconds: CustomStringConvertible, Sendable {
  let span: TimeSpan
  var description: String {
    let rest = String(span.milliseconds % 1000)
    return "\(span.milliseconds / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }
}

extension Logger.Level {
  init(_ level: LogLevel) {
    switch level {
    case .debug: self = .debug
    case .info: self = .info
    case .warning: self = .warning
    case .error: self = .error
    }
  }
}

/// Tells a pass to the log, as it happens.
final class ServerReporter: Reporter {
  private let logger: Logger
  private let next: ProgressHandler
  private let revision = Atomic<Int64>(0)

  /// - Parameter next: is told the same.
  init(_ logger: Logger, next: @escaping ProgressHandler) {
    self.logger = logger
    self.next = next
  }

  var handler: ProgressHandler {
    { [self] progress in
      tell(progress)
      next(progress)
    }
  }

  func say(_ text: String) { logger.info("\(text)") }
  func remark(_ text: String) { logger.info("\(text)") }
  func warn(_ text: String) { logger.warning("\(text)") }
  func clear() {}
  func tick() {}

  private func tell(_ progress: Progress) {
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
    case .started(let id, let step): logger.debug("step began", metadata: fields(id, step))
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
        "reason": .string(event.reason), "revision": number(event.revision),
      ]
      fields["resource"] = event.id.map { .string($0.description) }
      logger.log(level: event.isWarning ? .warning : .info, "\(event.message)", metadata: fields)
    case .loop(let news): tell(news)
    }
  }

  private func tell(_ news: LoopEvent) {
    switch news {
    case .round, .reconciled: break
    case .observed(let kind, let count, let failures, let span):
      logger.debug(
        "looked",
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
