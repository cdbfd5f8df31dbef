package import Model
package import Planning
import Reconciling

/// Make the world match manifests, once. The same for whoever has the state before them and for a server that is asked.
package struct ApplyOrder: Sendable {
  package let desired: DesiredState
  /// Where the manifests were read from, for the record.
  package let paths: [String]
  package let permissions: Permissions
  /// The kept plan that is to be applied, and the name of its file.
  package var saved: (SavedPlan, from: String)?
  /// All or nothing.
  package let isAtomic: Bool
  package let author: Author

  package init(
    desired: DesiredState, paths: [String], permissions: Permissions, saved: (SavedPlan, from: String)?,
    isAtomic: Bool, author: Author
  ) {
    self.desired = desired
    self.paths = paths
    self.permissions = permissions
    self.saved = saved
    self.isAtomic = isAtomic
    self.author = author
  }

  /// - Parameter session: has the environment to itself; its voice is told what happens.
  package func carryOut(in session: Session) async throws -> ChangeReport {
    let (preparation, allowances) = try await session.prepare(
      desired, permissions, by: author.approver, as: saved)
    let authorship = author.authorship(
      "apply", paths + (isAtomic ? ["--atomic"] : []) + allowances.words)
    if isAtomic { try refuseHalf(of: preparation.plan, session) }
    _ = try await session.engine.liftQuarantine(of: desired, by: authorship)
    if isAtomic {
      return ChangeReport(
        AtomicReport(try await session.convergeAtomically(preparation, by: authorship, allowances)))
    }
    let convergence = try await session.converge(preparation, by: authorship, allowances)
    var report = ChangeReport(ApplyReport(convergence))
    // Else the plan, which was shown, said already that there is nothing to do.
    report.hasNews =
      preparation.plan.hasChanges || !convergence.findings.values.allSatisfy(\.status.isReady)
    return report
  }

  /// As a whole means that nothing is begun where it is known that something cannot be done.
  private func refuseHalf(of plan: Plan, _ session: Session) throws {
    let obstacles = plan.resources.filter { [.blocked, .invalid, .unknown].contains($0.outcome) }
    guard !obstacles.isEmpty else { return }
    session.progress.handler(.planned(plan))
    let names = obstacles.map { "\($0.id) (\($0.outcome.rawValue))" }.joined(separator: ", ")
    let message =
      "nothing was begun, because --atomic applies all or nothing and this cannot be done: \(names)"
    throw obstacles.contains { $0.outcome == .blocked }
      ? OperationError.blocked(message) : OperationError.failed(message)
  }
}
