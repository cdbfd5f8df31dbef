package import Gateway
import Model
import Planning
package import Reconciling

/// A message about a running change, encoded as a server-sent event.
package enum ProgressMessage: Sendable {
  case progress(Progress)
  /// A line for people that is not part of the command's output.
  case remark(String)
  /// Keeps an idle stream open.
  case alive
  /// The change ended. The last message.
  case done(ChangeReport)
  /// The change failed, possibly after some steps. The last message.
  case failed(OperationError)
}

extension ProgressMessage {
  /// Nil for progress that is not sent to callers.
  package var event: APIEvent? {
    switch self {
    case .remark(let text): APIEvent("remark", .members(["text": .string(text)]))
    case .alive: APIEvent("alive", .members([:]))
    case .done(let report): APIEvent("done", report.value)
    case .failed(let failure): APIEvent("failed", failure.value)
    case .progress(let progress): progress.event
    }
  }

  /// Nil for an unknown event, which may be skipped.
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
