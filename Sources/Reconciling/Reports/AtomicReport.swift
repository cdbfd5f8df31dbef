package import Model

/// What an apply as a whole came to. Pure: follows from what the engine did and found.
package struct AtomicReport: Sendable {
  package enum End: Sendable {
    /// All of it is as declared.
    case applied
    /// It failed, and the way back was gone.
    case rolledBack(ApplyReport)
    /// It failed, and there was no other revision to go back to.
    case kept
    /// It was stopped; the next controller goes back, unless other manifests are applied before that.
    case stopped
  }

  /// Something that is lost although its resource may be back.
  package struct Destruction: Hashable, Sendable {
    package let id: ResourceID
    /// The summary of the step that destroyed it.
    package let step: String
  }

  package let forward: ApplyReport
  package let end: End
  /// The revision to go back to; 0 for nothing at all.
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

  /// 0 where all of it is as declared.
  package var exitCode: Int32 { if case .applied = end { forward.exitCode } else { 1 } }

  /// Resources whose way back failed.
  package var notRestored: [ResourceID] {
    guard case .rolledBack(let back) = end else { return [] }
    return back.entries.filter { ![.done, .removed, .left].contains($0.state) }.map(\.id)
  }
}
