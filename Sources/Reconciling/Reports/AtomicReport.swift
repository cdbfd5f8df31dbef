package import Model

/// What an apply as a whole came to. Pure: follows from what the engine did and found.
package struct AtomicReport: Sendable {
  package enum End: Sendable {
    /// All of it is as declared.
    case applied
    /// It failed, and the way back was gone.
    case wentBack(ApplyReport)
    /// It failed, and there was no other revision to go back to.
    case stayed
    /// It was stopped; the next controller goes back, unless other manifests are applied before that.
    case stopped
  }

  /// Something that is lost although its resource may be back.
  package struct Loss: Hashable, Sendable {
    package let id: ResourceID
    /// The summary of the step that destroyed it.
    package let step: String
  }

  package let forward: ApplyReport
  package let end: End
  /// The revision to go back to; 0 for nothing at all.
  package let rollbackRevision: Int64
  package let destroyed: [Loss]

  package init(_ convergence: Engine.AtomicConvergence) {
    forward = ApplyReport(convergence.forward)
    rollbackRevision = convergence.rollbackRevision
    destroyed = convergence.destroyed.map { Loss(id: $0.id, step: $0.step.summary) }
    end =
      switch convergence.end {
      case .applied: .applied
      case .stayed: .stayed
      case .stopped: .stopped
      case .wentBack(let back): .wentBack(ApplyReport(back))
      }
  }

  /// 0 where all of it is as declared.
  package var exitCode: Int32 { if case .applied = end { forward.exitCode } else { 1 } }

  /// Resources whose way back failed.
  package var notRestored: [ResourceID] {
    guard case .wentBack(let back) = end else { return [] }
    return back.entries.filter { ![.done, .removed, .left].contains($0.state) }.map(\.id)
  }
}

/// The forward report with the member `atomic`, as `docs/apply-json.md` describes it; the same is read back.
extension AtomicReport: JSONRepresentable {
  package var value: Value {
    var atomic: [String: Value] = ["goesBackTo": .integer(rollbackRevision)]
    switch end {
    case .applied: atomic["end"] = .string("applied")
    case .stayed: atomic["end"] = .string("stayed")
    case .stopped: atomic["end"] = .string("stopped")
    case .wentBack(let back):
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
    case "stayed": end = .stayed
    case "stopped": end = .stopped
    case "wentBack":
      guard let back = atomic["back"].flatMap({ ApplyReport($0) }) else { return nil }
      end = .wentBack(back)
    default: return nil
    }
    self.forward = forward
    self.rollbackRevision = rollbackRevision
    destroyed = (atomic.list(at: "destroyed") ?? []).compactMap { loss in
      guard let id = loss.id(at: "id"), let step = loss.text(at: "step") else { return nil }
      return Loss(id: id, step: step)
    }
  }
}
