import Gateway
import Model
import Reconciling

/// The health of a server: whether its loop advances, and whether it is ready.
struct ServerHealth: Sendable {
  let environment: String
  let replica: ControllerReplica
  let store: any StateStore
  let metrics: ControllerMetrics
  let gracefulStop: GracefulStop
  /// The time without progress of the loop after which the server is not alive.
  let limit: TimeSpan
  private let startedAt = SuspendingClock().now

  var checks: HealthChecks {
    HealthChecks(
      alive: [("loop", { loopProblem })],
      ready: [
        ("state", { await stateProblem() }), ("lease", { await membershipProblem() }),
        ("firstPass", { metrics.activity.isFirstPassDone ? nil : "the first pass has not ended" }),
        ("running", { gracefulStop.isRequested ? "stopping" : nil }),
      ])
  }

  /// Nil while the loop advances, and while the server stops.
  var loopProblem: String? {
    guard !gracefulStop.isRequested else { return nil }
    return metrics.activity.liveness(
      within: limit.duration, startedAt: startedAt, now: SuspendingClock().now)
  }

  private func stateProblem() async -> String? {
    do throws(StoreError) {
      _ = try await store.latestRevision(of: environment)
      return nil
    } catch {
      return error.message
    }
  }

  /// Whether this process has lost its membership among the controllers of the environment.
  private func membershipProblem() async -> String? {
    do throws(StoreError) {
      let (table, now) = try await store.leases(of: environment)
      if let membership = table.memberships[replica.name], membership.expiresAt > now { return nil }
      return "this server has no membership among the controllers of \(environment)"
    } catch {
      return error.message
    }
  }
}
