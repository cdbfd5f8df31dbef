package import Model

/// The forward report with the member `atomic`, as `docs/apply-json.md` documents it.
extension AtomicReport: JSONRepresentable {
  package var value: Value {
    var atomic: [String: Value] = ["goesBackTo": .integer(rollbackRevision)]
    switch end {
    case .applied: atomic["end"] = .string("applied")
    case .kept: atomic["end"] = .string("stayed")
    case .stopped: atomic["end"] = .string("stopped")
    case .rolledBack(let back):
      atomic["end"] = .string("wentBack")
      atomic["back"] = back.value
      atomic["notPutBack"] = .array(notRestored.map { .string($0.description) })
      atomic["destroyed"] = .array(
        destroyed.map { .members(["id": .string($0.id.description), "step": .string($0.step)]) })
    }
    return forward.value.adding("atomic", .object(atomic))
  }

  package init?(_ value: Value) {
    guard let atomic = value["atomic"], let forward = ApplyReport(value),
      let rollbackRevision = atomic.integer(at: "goesBackTo")
    else { return nil }
    switch atomic.text(at: "end") {
    case "applied": end = .applied
    case "stayed": end = .kept
    case "stopped": end = .stopped
    case "wentBack":
      guard let back = atomic["back"].flatMap({ ApplyReport($0) }) else { return nil }
      end = .rolledBack(back)
    default: return nil
    }
    self.forward = forward
    self.rollbackRevision = rollbackRevision
    destroyed = (atomic.list(at: "destroyed") ?? []).compactMap { value in
      guard let id = value.id(at: "id"), let step = value.text(at: "step") else { return nil }
      return Destruction(id: id, step: step)
    }
  }
}
