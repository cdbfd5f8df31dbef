import Model
import Planning
package import Reconciling

/// Executes prepared plans and reports their progress.
package struct ChangeExecutor: Sendable {
  package private(set) var engine: Engine
  package let store: any StateStore
  package private(set) var reporter: any Reporter
  /// Whether Ctrl-C in this process stops the change. False for a change that was ordered through the API.
  package private(set) var isInteractive: Bool

  /// The same executor, whose engine writes only under the leases of the keeper.
  func bound(to keeper: LeaseKeeper) -> ChangeExecutor {
    var executor = self
    executor.engine = engine.bound(to: keeper.fencingTokens, of: keeper)
    return executor
  }

  /// The same executor for a remote caller: reports to `reporter` and ignores the signals of this process.
  func unattended(reporter: any Reporter) -> ChangeExecutor {
    var executor = self
    executor.isInteractive = false
    executor.reporter = reporter
    executor.engine = engine.reporting(to: reporter.handler)
    return executor
  }

  /// Executes a prepared plan, for which the consent was checked. Ctrl-C waits for the running steps.
  func converge(
    _ preparation: Engine.Preparation, by authorship: Authorship, _ allowances: Allowances, consent: Consent
  ) async throws -> Engine.Convergence {
    try await interactively {
      try await engine.converge(preparation, by: authorship, allowances: allowances) { plan in
        consent.admits(plan, after: preparation.plan)
      }
    }
  }

  /// Executes all of a prepared plan or restores the previous revision.
  func convergeAtomically(
    _ preparation: Engine.Preparation, by authorship: Authorship, _ allowances: Allowances, consent: Consent
  ) async throws -> Engine.AtomicConvergence {
    try await interactively {
      try await engine.convergeAtomically(preparation, by: authorship, allowances: allowances) { plan in
        consent.admits(plan, after: preparation.plan)
      }
    }
  }

  /// Animates the activity indicator and handles signals while `work` runs.
  private func interactively<Output>(_ work: () async throws -> Output) async throws -> Output {
    guard isInteractive else { return try await work() }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await reporter.animate(by: engine.time) }
      group.addTask { await StopSignals.watch(engine.gracefulStop, reporter) {} }
      defer {
        group.cancelAll()
        reporter.clear()
      }
      return try await work()
    }
  }
}

extension Reporter {
  /// Advances the activity indicator until the task is cancelled.
  package func animate(by time: TimeSource) async {
    while (try? await time.sleep(TimeSpan(milliseconds: 100))) != nil { tick() }
  }
}
