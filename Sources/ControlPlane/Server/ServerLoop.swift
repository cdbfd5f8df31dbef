package import Gateway
import Glibc
package import Logging
import Manifests
package import Model
import Reconciling
import Synchronization
import UnixSignals

/// Runs the controller without a terminal: the loop of `up`, with what a service manager and a monitoring system ask
/// of a server.
///
/// SIGTERM or SIGINT: nothing new is begun, what is under way gets `drain` to finish, then it is given up and
/// journalled as interrupted. A second signal ends at once. SIGHUP: the manifests are read again.
package struct ServerLoop: Sendable {
  package let settings: ServerSettings
  package let session: Session
  package let schemas: Platform
  package let metrics: ControllerMetrics
  package let logger: Logger
  package let manager: ServiceManager
  package let watch: ManifestWatch
  /// Writes a line to standard output.
  package let write: @Sendable (String) -> Void
  package let stripe: StripeRoute
  private let begun = SuspendingClock().now

  package init(
    _ settings: ServerSettings, _ session: Session, schemas: Platform, metrics: ControllerMetrics,
    logger: Logger, manager: ServiceManager, watch: ManifestWatch, write: @escaping @Sendable (String) -> Void
  ) {
    self.settings = settings
    self.session = session
    self.schemas = schemas
    self.metrics = metrics
    self.logger = logger
    self.manager = manager
    self.watch = watch
    self.write = write
    stripe = StripeRoute(settings.stripe, session, metrics: metrics, logger: logger)
  }

  /// Serves until a signal comes and what was under way is over.
  package func run(from desired: DesiredState) async throws {
    let gateway = gateway(desired.environment)
    let changes = ChangeRunner(session, logger: logger)
    let folder = FollowedFolder(environment: desired.environment, paths: settings.manifests)
    let operators = OperatorRoutes(session: session, runner: changes, folder: folder)
    let desk = LazyJobService()
    let api = APIService(
      settings: settings.api, session: session, logger: logger,
      routes: operators.routes + JobRoutes(desk).routes + NodeRoutes(desk).routes + WorkRoutes(desk).routes,
      write: write)
    // Nothing is changed by a server that nobody could watch.
    let result = await ServerLoop.beside(gateway.run) { address in
      await ServerLoop.beside(api.run) { apiAddress in
        await api.introduceAdmin()
        api.tell(apiAddress)
        return await changes.beside(drainLimit: settings.drain) { await serve(desired, at: address, desk) }
      }
    }
    try result.get()
  }

  private typealias Listening = @Sendable (ListenAddress) -> Void
  private typealias Stop = @Sendable () async -> Void

  /// Does the work while a server listens, and stops the server after it.
  /// - Parameter work: is told where the server listens; not begun where it cannot.
  private static func beside(
    _ server: @escaping @Sendable (@escaping Listening, @escaping Stop) async throws(GatewayError) -> Void,
    _ work: @escaping @Sendable (ListenAddress) async -> Result<Void, OperationError>
  ) async -> Result<Void, OperationError> {
    let (ended, end) = AsyncStream<Never>.makeStream()
    let (listening, told) = AsyncStream<ListenAddress>.makeStream()
    return await withTaskGroup(of: Result<Void, OperationError>?.self) { group in
      group.addTask {
        defer { told.finish() }
        do throws(GatewayError) {
          try await server({ told.yield($0) }, { for await _ in ended {} })
          return nil
        } catch {
          return .failure(.failed(error.description))
        }
      }
      group.addTask {
        guard let address = await listening.first(where: { _ in true }) else { return nil }
        defer { end.finish() }
        return await work(address)
      }
      var result: Result<Void, OperationError> = .success(())
      for await part in group {
        if case .failure? = part { result = part ?? result }
      }
      return result
    }
  }

  private func serve(
    _ desired: DesiredState, at address: ListenAddress, _ desk: LazyJobService
  ) async -> Result<Void, OperationError> {
    let loop = WatchLoop(
      session: session, schemas: schemas, paths: settings.manifests, resync: settings.resync,
      readyWithin: nil,
      watch: watch, command: "server")
    logger.info(
      "serving",
      metadata: [
        "environment": .string(desired.environment), "listen": .string(address.description),
        "version": .string(Version.text), "process": .stringConvertible(Int64(getpid())),
        "resources": .stringConvertible(Int64(desired.resources.count)),
      ])
    if !address.isLocal {
      logger.warning("whoever reaches \(address) reads metrics and health: nobody is asked who they are")
    }
    if !settings.stripe.isOn {
      logger.info(
        "Stripe's events are not taken: no signing secret is set (RENDERTRUST_STRIPE_WEBHOOK_SECRETS)")
    }
    manager.ready("serving \(desired.environment) at \(address)")
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let result = await loop.follow(
      desired, triggers, feed, drainLimit: settings.drain,
      beside: [
        { await stopSignals(feed) }, { await reloads(feed) }, { await signsOfLife() },
        { await stripe.countLetters(of: desired.environment) },
        { await JobControl(session, desired.environment, desk: desk).run() },
      ])
    logger.info("stopped")
    do throws(StoreError) {
      try result.get()
      return .success(())
    } catch {
      return .failure(.failed(error.description))
    }
  }

  // MARK: What is told

  private func gateway(_ environment: String) -> GatewayServer {
    let activity: @Sendable () async -> String? = {
      guard !session.engine.gracefulStop.isRequested else { return nil }
      return metrics.activity.liveness(
        within: settings.liveness.duration, startedAt: begun, now: SuspendingClock().now)
    }
    var quiet = logger
    // The framework tells each request's troubles; they are the client's.
    quiet.logLevel = max(logger.logLevel, .warning)
    return GatewayServer(
      address: settings.listen, metrics: { metrics.text() },
      health: HealthChecks(
        alive: [("loop", activity)],
        ready: [
          ("state", { await unreachability(environment) }), ("lease", { await missingSeat(environment) }),
          ("firstPass", { metrics.activity.isFirstPassDone ? nil : "not everything was looked at yet" }),
          ("running", { session.engine.gracefulStop.isRequested ? "stopping" : nil }),
        ]), webhooks: [stripe.route(for: environment)], logger: quiet)
  }

  private func unreachability(_ environment: String) async -> String? {
    do throws(StoreError) {
      _ = try await session.store.latestRevision(of: environment)
      return nil
    } catch {
      return error.message
    }
  }

  /// Whether this process is not among those that share the environment.
  private func missingSeat(_ environment: String) async -> String? {
    do throws(StoreError) {
      let (table, now) = try await session.store.leases(of: environment)
      let isSeated = table.memberships.values.contains { membership in
        membership.replica.name.hasPrefix("server-\(getpid())-") && membership.replica.host == Authorship.hostName
          && membership.expiresAt > now
      }
      return isSeated ? nil : "this server is not a member of the controllers of \(environment)"
    } catch {
      return error.message
    }
  }

  private func signsOfLife() async {
    guard let span = manager.watchdog else { return }
    let pause = TimeSpan(milliseconds: max(span.milliseconds / 3, 1))
    while (try? await session.engine.time.sleep(pause)) != nil {
      let silence = metrics.activity.liveness(
        within: settings.liveness.duration, startedAt: begun, now: SuspendingClock().now)
      if let silence, !session.engine.gracefulStop.isRequested {
        logger.error("no sign of life is given to the service manager: \(silence)")
      } else {
        manager.alive()
      }
    }
  }

  // MARK: Signals

  private func stopSignals(_ feed: AsyncStream<Trigger>.Continuation) async {
    var isSecond = false
    for await signal in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
      if isSecond {
        logger.warning("ended at once by a second signal; the next start goes on from what is journalled")
        exit(130)
      }
      isSecond = true
      logger.info(
        "stopping: steps under way are finished first",
        metadata: ["signal": .string("\(signal)"), "drain": .string(settings.drain.description)])
      manager.stopping()
      session.engine.gracefulStop.request()
      feed.finish()
    }
  }

  /// A certificate that was renewed counts for connections that begin from now on.
  private func renewIdentity() {
    do throws(TLSIdentityError) {
      try settings.api.identity?.reload()
    } catch {
      logger.error("the API's certificate stays the one before: \(error)")
    }
  }

  private func reloads(_ feed: AsyncStream<Trigger>.Continuation) async {
    for await _ in await UnixSignalsSequence(trapping: .sighup) {
      logger.info("reading the manifests again", metadata: ["signal": "SIGHUP"])
      renewIdentity()
      var cache = ManifestCache()
      feed.yield(
        schemas.trigger(from: settings.manifests, reusing: &cache, as: "server", session.progress))
      feed.yield(.resync)
    }
  }
}
