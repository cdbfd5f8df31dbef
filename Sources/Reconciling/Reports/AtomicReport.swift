package import Model

/// The result of an atomic apply. Pure: follows from the engine's results and findings.
package struct AtomicReport: Sendable {
  package enum End: Sendable {
    /// Everything is as declared.
    case applied
    /// It failed and was rolled back.
    case rolledBack(ApplyReport)
    /// It failed, and there was no other revision to roll back to.
    case kept
    /// It was stopped. The next controller rolls back, unless other manifests are applied before.
    case stopped
  }

  /// Something that is lost although its resource may exist again.
  package struct Destruction: Hashable, Sendable {
    package let id: ResourceID
    /// The summary of the step that destroyed it.
    package let step: String
  }

  package let forward: ApplyReport
  package let end: End
  /// The revision to roll back to; 0 for an empty environment.
  package let rollbackRevision: Int64
  package let destroyed: [Destruction]

  package init(_ convergence: Engine.AtomicConvergence) {
    forward = ApplyReport(convergence.forward)
    rollbackRevision = convergence.rollbackRevision
    destroyed = convergence.destroyed.map { Destruction(id: $0.id, step: $0.step.summary) }
    end =
      switch convergence.end {
      case .applied: .applied
      case .kept: .kept
      case .stopped: .stopped
      case .rolledBack(let back): .rolledBack(ApplyReport(back))
      }
  }

  /// 0 when everything is as declared.
  package var exitCode: Int32 { if case .applied = end { forward.exitCode } else { 1 } }

  /// Resources that were not rolled back.
  package var notRestored: [ResourceID] {
    guard case .rolledBack(let back) = end else { return [] }
    return back.entries.filter { ![.done, .removed, .left].contains($0.state) }.map(\.id)
  }
}
