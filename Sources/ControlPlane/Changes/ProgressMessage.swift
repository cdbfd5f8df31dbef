package import Gateway
import Model
import Planning
package import Reconciling

/// What is told of a change while it is under way, as server-sent events and back.
package enum ProgressMessage: Sendable {
  case progress(Progress)
  /// A line for people that is no part of what a command prints.
  case remark(String)
  /// Nothing happened lately, and the server lives.
  case alive
  /// It is over. The last message.
  case done(ChangeReport)
  /// It was not done, or only in part. The last message.
  case failed(OperationError)
}

extension ProgressMessage {
  /// Nil for what nobody is told who ordered a change.
  package var event: APIEvent? {
    switch self {
    case .remark(let text): APIEvent("remark", .members(["text": .string(text)]))
    case .alive: APIEvent("alive", .members([:]))
    case .done(let report): APIEvent("done", report.value)
    case .failed(let failure): APIEvent("failed", failure.value)
    case .progress(let progress): progress.event
    }
  }

  /// Nil for what this release does not know, which may be passed over.
  package init?(_ event: APIEvent) {
    switch event.name {
    case "remark": self = .remark(event.data.text(at: "text") ?? "")
    case "alive": self = .alive
    case "done":
      guard let report = ChangeReport(event.data) else { return nil }
      self = .done(report)
    case "failed": self = .failed(OperationError(event.data, status: nil))
    default:
      guard let progress = Progress(event) else { return nil }
      self = .progress(progress)
    }
  }
}

extension Progress {
  fileprivate var event: APIEvent? {
    switch self {
    case .observing(let count):
      APIEvent("observing", .members(["resources": .integer(Int64(count))]))
    case .planned(let plan): APIEvent("planned", plan.json())
    case .started(let id, let step):
      APIEvent("started", .members(["id": .string(id.description), "step": step.json()]))
    case .finished(let id, let step, let span, let error):
      APIEvent(
        "finished",
        .members([
          "id": .string(id.description), "step": step.json(), "milliseconds": .integer(span.milliseconds),
          "error": error?.value,
        ]))
    case .note(let event): APIEvent("note", event.value)
    case .settled, .loop: nil
    }
  }

  fileprivate init?(_ event: APIEvent) {
    let data = event.data
    switch event.name {
    case "observing": self = .observing(count: Int(clamping: data.integer(at: "resources") ?? 0))
    case "planned":
      guard let plan = Plan(decoding: data) else { return nil }
      self = .planned(plan)
    case "started":
      guard let id = data.id(at: "id"), let step = data["step"].flatMap({ AnyStep(decoding: $0) }) else {
        return nil
      }
      self = .started(id, step: step)
    case "finished":
      guard let id = data.id(at: "id"), let step = data["step"].flatMap({ AnyStep(decoding: $0) }),
        let span = data.integer(at: "milliseconds")
      else { return nil }
      self = .finished(
        id, step: step, after: TimeSpan(milliseconds: span),
        error: data["error"].flatMap { BackendError($0) })
    case "note":
      guard let event = Event(data) else { return nil }
      self = .note(event)
    default: return nil
    }
  }
}
