package import Gateway
import Glibc
package import Logging
package import Model
import Reconciling
import UnixSignals

/// Runs the controller as a service: the loop of `up`, with an API, metrics, health checks and notifications
/// of the service manager.
///
/// SIGTERM and SIGINT: no step starts any more, and running steps have `drain` to finish; then they are
/// cancelled and journalled as interrupted; the process does not wait for those that cannot be cancelled. A
/// second signal ends the process at once. SIGHUP: the manifests
/// are read again.
package struct ServerLoop: Sendable {
  private let settings: ServerSettings
  private let desired: DesiredState
  private let state: StateSession
  private let manifests: ManifestSource
  private let metrics: ControllerMetrics
  private let logger: Logger
  private let manager: ServiceManager
  /// Writes a line to standard output; returns whether it was written.
  private let write: @Sendable (String) -> Bool
  private let stripe: StripeRoute
  private let health: ServerHealth
  private let jobHealth = JobHealth()
  /// This process among the controllers of the environment.
  private let replica: ControllerReplica

  private var gracefulStop: GracefulStop { state.engine.gracefulStop }

  package init(
    _ settings: ServerSettings, _ desired: DesiredState, _ manifests: ManifestSource,
    _ state: StateSession, metrics: ControllerMetrics, logger: Logger, manager: ServiceManager,
    write: @escaping @Sendable (String) -> Bool
  ) {
    self.settings = settings
    self.desired = desired
    self.state = state
    self.manifests = manifests
    self.metrics = metrics
    self.logger = logger
    self.manager = manager
    self.write = write
    replica = .current("server")
    stripe = StripeRoute(settings.stripe, state, desired.environment, metrics: metrics, logger: logger)
    health = ServerHealth(
      environment: desired.environment, replica: replica, store: state.store, metrics: metrics,
      gracefulStop: state.engine.gracefulStop, limit: settings.liveness,
      supervisor: state.foundations.supervisor, isStatePrivate: settings.location.database == nil,
      jobs: jobHealth)
  }

  /// Serves until a signal comes and running steps have ended.
  package func run() async throws {
    let changes = ChangeRunner(state.changes, logger: logger)
    let folder = FollowedFolder(environment: desired.environment, paths: settings.manifests)
    let operators = OperatorRoutes(state: state, runner: changes, folder: folder)
    let jobs = LazyJobService()
    let api = APIService(
      settings: settings.api, tokens: state.tokens, time: state.time, logger: logger,
      routes: operators.routes + JobRoutes(jobs).routes + NodeRoutes(jobs).routes + WorkRoutes(jobs).routes,
      write: write)
    let gateway = GatewayServer(
      address: settings.listen, metrics: { metricsText }, health: health.checks,
      webhooks: [stripe.route], logger: logger.forFramework)
    let result = await withTaskGroup(of: Void.self) { group in
      group.addTask { await endAfterDrain() }
      defer { group.cancelAll() }
      // The controller starts only once health, metrics and the API can be read.
      return await ListeningServer(gateway.run).serve { address in
        await ListeningServer(api.run).serve { apiAddress in
          await api.createFirstAdmin()
          api.logListening(at: apiAddress)
          return await changes.run(drainLimit: settings.drain) { await control(at: address, jobs) }
        }
      }
    }
    try result.get()
  }

  private var metricsText: String {
    metrics.setChildren(health.children)
    return metrics.text()
  }

  /// The time for recording cancelled steps after the drain time.
  private static let recordingTime = TimeSpan(milliseconds: 500)

  /// Ends the process while steps run after the drain time that are never cancelled. The driven system
  /// completes their calls, and the next start observes the result.
  private func endAfterDrain() async {
    while !gracefulStop.isRequested {
      guard (try? await state.time.sleep(TimeSpan(milliseconds: 100))) != nil else { return }
    }
    guard (try? await state.time.sleep(settings.drain + ServerLoop.recordingTime)) != nil else { return }
    logger.warning(
      "ended while steps run that cannot be cancelled; the next start continues from the journal")
    exit(0)
  }

  /// Runs the controller until it is stopped.
  private func control(
    at address: ListenAddress, _ jobs: LazyJobService
  ) async -> Result<Void, OperationError> {
    let loop = WatchLoop(
      state, manifests, resync: settings.resync, quietPeriod: settings.quietPeriod, replica: replica)
    logStart(at: address)
    manager.ready("serving \(desired.environment) at \(address)")
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let result = await loop.follow(
      desired, triggers, feed, drainLimit: settings.drain,
      beside: [
        { await handleStopSignals(feed) }, { await handleReloads(feed) }, { await notifyWatchdog() },
        { await stripe.monitorDeadLetters() },
        { await JobControl(state, desired.environment, jobs: jobs, health: jobHealth).run() },
      ])
    logger.info("stopped")
    do throws(StoreError) {
      try result.get()
      return .success(())
    } catch {
      return .failure(.failed(error.description))
    }
  }

  private func logStart(at address: ListenAddress) {
    logger.info(
      "serving",
      metadata: [
        "environment": .string(desired.environment), "listen": .string(address.description),
        "version": .string(Version.text), "process": .stringConvertible(Int64(getpid())),
        "resources": .stringConvertible(Int64(desired.resources.count)),
      ])
    if !address.isLocal {
      logger.warning(
        "metrics and health are served to other machines without authentication",
        metadata: ["listen": .string(address.description)])
    }
    if !settings.stripe.isEnabled {
      logger.info("Stripe events are not accepted: RENDERTRUST_STRIPE_WEBHOOK_SECRETS is not set")
    }
  }

  private func notifyWatchdog() async {
    guard let span = manager.watchdog else { return }
    let pause = TimeSpan(milliseconds: max(span.milliseconds / 3, 1))
    while (try? await state.time.sleep(pause)) != nil {
      if let problem = health.loopProblem {
        logger.error("service manager not notified", metadata: ["reason": .string(problem)])
      } else {
        manager.alive()
      }
    }
  }

  // MARK: Signals

  private func handleStopSignals(_ feed: AsyncStream<Trigger>.Continuation) async {
    var isSecond = false
    for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
      if isSecond {
        logger.warning("ended by a second signal; the next start continues from the journal")
        exit(130)
      }
      isSecond = true
      logger.info(
        "stopping",
        metadata: ["signal": .string("\(signal)"), "drain": .string(settings.drain.description)])
      manager.stopping()
      gracefulStop.request()
      feed.finish()
    }
  }

  private func handleReloads(_ feed: AsyncStream<Trigger>.Continuation) async {
    for await _ in await UnixSignalsSequence(trapping: .sighup) {
      logger.info("reloading manifests", metadata: ["signal": "SIGHUP"])
      reloadCertificate()
      feed.yield(manifests.reload(as: replica.role, state.reporter))
      feed.yield(.resync)
    }
  }

  /// A renewed certificate applies to new connections.
  private func reloadCertificate() {
    do throws(TLSIdentityError) {
      try settings.api.identity?.reload()
    } catch {
      logger.error("API certificate not reloaded", metadata: ["error": .string("\(error)")])
    }
  }
}
