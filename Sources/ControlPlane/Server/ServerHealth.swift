import Autoscaling
import Gateway
import Model
import Postgres
import Reconciling

/// The health of a server: whether its loop advances, whether what it starts runs, and whether it is ready.
struct ServerHealth: Sendable {
  let environment: String
  let replica: ControllerReplica
  let store: any StateStore
  let metrics: ControllerMetrics
  let gracefulStop: GracefulStop
  /// The time without progress of the loop, or without the private PostgreSQL, after which the server is not
  /// alive.
  let limit: TimeSpan
  let supervisor: ServerSupervisor
  /// Whether the state is in the private PostgreSQL.
  let isStatePrivate: Bool
  let jobs: JobHealth
  private let startedAt = SuspendingClock().now

  var checks: HealthChecks {
    HealthChecks(
      alive: [
        ("loop", { loopProblem }), ("postgres", { postgresProblem(longerThan: limit.duration) }),
      ],
      ready: [
        ("postgres", { postgresProblem(longerThan: .zero) }), ("jobs", { await jobs.jobsProblem() }),
        ("schedulers", { jobs.replicas.problem }),
        ("state", { await stateProblem() }), ("lease", { await membershipProblem() }),
        ("firstPass", { metrics.activity.isFirstPassDone ? nil : "the first pass has not ended" }),
        ("running", { gracefulStop.isRequested ? "stopping" : nil }),
      ])
  }

  /// The processes that this server starts.
  var children: ChildNumbers {
    let (server, replicas) = (supervisor.state, jobs.replicas)
    return ChildNumbers(
      isPostgresUp: server.isUp, postgresRestarts: server.restartCount, schedulers: replicas.running,
      schedulerCrashes: replicas.crashCount)
  }

  /// Nil while the loop advances, and while the server stops.
  var loopProblem: String? {
    guard !gracefulStop.isRequested else { return nil }
    return metrics.activity.liveness(
      within: limit.duration, startedAt: startedAt, now: SuspendingClock().now)
  }

  /// Nil while the private PostgreSQL runs or is not used, and while it has been down for less than a limit.
  private func postgresProblem(longerThan limit: Duration) -> String? {
    let state = supervisor.state
    guard let since = state.downSince, state.isDown(longerThan: limit) else { return nil }
    let seconds = (ContinuousClock.now - since).components.seconds
    let reason = state.problem.map { ": \($0.message)" } ?? ""
    return "the embedded PostgreSQL has been down for \(seconds) s and is being restarted\(reason)"
  }

  private var isPostgresDown: Bool { supervisor.state.downSince != nil }
  private static let waiting = "waits for the embedded PostgreSQL"

  private func stateProblem() async -> String? {
    if isStatePrivate, isPostgresDown { return ServerHealth.waiting }
    do throws(StoreError) {
      _ = try await store.latestRevision(of: environment)
      return nil
    } catch {
      return error.message
    }
  }

  /// Whether this process has lost its membership among the controllers of the environment.
  private func membershipProblem() async -> String? {
    if isStatePrivate, isPostgresDown { return ServerHealth.waiting }
    do throws(StoreError) {
      let (table, now) = try await store.leases(of: environment)
      if let membership = table.memberships[replica.name], membership.expiresAt > now { return nil }
      return "this server has no membership among the controllers of \(environment)"
    } catch {
      return error.message
    }
  }
}
