import ContainerSupport
package import Manifests
package import Model
package import Reconciling

extension Platform {
  /// What a controller is to do about manifests that changed. Problems go to `reporter`.
  package func trigger(
    from paths: [String], reusing cache: inout ManifestCache, as command: String, _ reporter: any Reporter
  ) -> Trigger {
    do throws(OperationError) {
      let loaded = try load(paths, reusing: &cache)
      reporter.report(loaded.warnings)
      return .desired(loaded.desired, .here(command, paths))
    } catch {
      reporter.report(error.diagnostics)
      return .unreadable(error.message)
    }
  }
}

/// Feeds a controller from everything that may mean a change: the manifests' files, the engines' events, the clock
/// and the signals.
package struct WatchLoop: Sendable {
  package let session: Session
  package let schemas: Platform
  package let paths: [String]
  package let resync: TimeSpan
  /// Nil: until a signal comes.
  package let readyWithin: TimeSpan?
  /// Made before the manifests were read, so that no change is missed.
  package var watch: ManifestWatch
  /// What loading the manifests told already, so that the first change of one costs no load of all.
  package var cache: ManifestCache

  /// The command that runs it, for the record.
  package var command: String

  package init(
    session: Session, schemas: Platform, paths: [String], resync: TimeSpan, readyWithin: TimeSpan?,
    watch: ManifestWatch, cache: ManifestCache = ManifestCache(), command: String = "up"
  ) {
    self.session = session
    self.schemas = schemas
    self.paths = paths
    self.resync = resync
    self.readyWithin = readyWithin
    self.watch = watch
    self.cache = cache
    self.command = command
  }

  package func run(from desired: DesiredState) async throws {
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let result = await follow(
      desired, triggers, feed,
      beside: [
        { await StopSignals.watch(session) { feed.finish() } }, { await session.animate() },
        { await announceReady(desired, feed) }, { await JobControl(session, desired.environment).run() },
      ])
    session.progress.clear()
    do { try result.get() } catch { throw OperationError.failed(error.description) }
    if readyWithin != nil {
      let late = try await session.unready(in: desired.environment)
      guard late.isEmpty else {
        throw OperationError.failed("not ready: \(late.map(\.description).joined(separator: ", "))")
      }
    }
  }

  private enum End: Sendable {
    case controller(Result<Void, StoreError>)
    case helper
    case drainLimit
  }

  /// Runs the controller until `triggers` end and what was under way is over.
  /// - Parameters:
  ///   - drainLimit: how long after the request to stop steps under way are given up, and journalled as interrupted;
  ///     nil for never.
  ///   - helpers: run as long as the controller does.
  package func follow(
    _ desired: DesiredState, _ triggers: AsyncStream<Trigger>, _ feed: AsyncStream<Trigger>.Continuation,
    drainLimit: TimeSpan? = nil, beside helpers: [@Sendable () async -> Void]
  ) async -> Result<Void, StoreError> {
    let own: [@Sendable () async -> Void] = [
      { await watchManifests(feed) }, { await watchEngines(feed) }, { await tick(feed) },
    ]
    return await withTaskGroup(of: End.self) { group in
      group.addTask { .controller(await control(desired, triggers)) }
      for helper in own + helpers {
        group.addTask {
          await helper()
          return .helper
        }
      }
      if let drainLimit { group.addTask { await isDrained(for: drainLimit) ? .drainLimit : .helper } }
      var result: Result<Void, StoreError> = .success(())
      for await end in group {
        switch end {
        case .helper: break
        case .controller(let ending):
          result = ending
          group.cancelAll()
        case .drainLimit:
          session.progress.warn("steps under way took too long and are given up")
          group.cancelAll()
        }
      }
      return result
    }
  }

  private func control(_ desired: DesiredState, _ triggers: AsyncStream<Trigger>) async
    -> Result<Void, StoreError>
  {
    let controller = Controller(
      engine: session.engine, environment: desired.environment, replica: .here(command),
      isGone: ProcessMark.isGone)
    do throws(StoreError) {
      try await controller.run(from: desired, by: .here(command, paths), triggers: triggers)
      return .success(())
    } catch {
      return .failure(error)
    }
  }

  /// True so long after a drain was requested; false when the task is cancelled before.
  private func isDrained(for limit: TimeSpan) async -> Bool {
    let time = session.engine.time
    while !session.engine.gracefulStop.isRequested {
      guard (try? await time.sleep(TimeSpan(milliseconds: 100))) != nil else { return false }
    }
    return (try? await time.sleep(limit)) != nil
  }

  private func watchManifests(_ feed: AsyncStream<Trigger>.Continuation) async {
    let time = session.engine.time
    var watch = watch
    var cache = cache
    let signals = FolderSignals()
    var hasSignals = signals?.watch(watch.folders) ?? false
    var pause = ManifestWatch.interval(hasSignals: hasSignals)
    while true {
      let isQuiet = await FolderSignals.quiet(signals, within: pause, time)
      guard !Task.isCancelled else { return }
      let begun = time.now()
      switch watch.look(at: begun, isQuiet: isQuiet) {
      case .unchanged:
        // Looking at very many files takes at most a twentieth of the time.
        let cost = TimeSpan(milliseconds: (time.now() - begun).milliseconds * 20)
        pause = max(ManifestWatch.interval(hasSignals: hasSignals), cost)
      case .changing: pause = ManifestWatch.rest
      case .changed(let mark):
        hasSignals = signals?.watch(watch.folders) ?? false
        let trigger = schemas.trigger(from: paths, reusing: &cache, as: command, session.progress)
        pause = ManifestWatch.rest
        guard watch.take(mark) else { continue }
        feed.yield(trigger)
      }
    }
  }

  private func watchEngines(_ feed: AsyncStream<Trigger>.Continuation) async {
    await session.watchContainers { news in
      switch news {
      case .changed(let id): feed.yield(.changed([id]))
      case .missed: feed.yield(.resync)
      }
    }
  }

  private func tick(_ feed: AsyncStream<Trigger>.Continuation) async {
    var nextResync = session.engine.time.now() + resync
    while (try? await session.engine.time.sleep(TimeSpan(milliseconds: 500))) != nil {
      if session.engine.time.now() >= nextResync {
        feed.yield(.resync)
        nextResync = session.engine.time.now() + resync
      } else {
        feed.yield(.tick)
      }
    }
  }

  /// Says when all is ready for the first time, and ends there where that was asked for.
  private func announceReady(_ desired: DesiredState, _ feed: AsyncStream<Trigger>.Continuation) async {
    let begun = session.engine.time.now()
    while (try? await session.engine.time.sleep(TimeSpan(milliseconds: 250))) != nil {
      let spent = session.engine.time.now() - begun
      if let readyWithin, spent >= readyWithin { return feed.finish() }
      guard let late = try? await session.unready(in: desired.environment), late.isEmpty else { continue }
      session.progress.reportReady(
        Readiness(environment: desired.environment, resources: desired.resources.count, elapsed: spent))
      guard readyWithin == nil else { return feed.finish() }
      session.progress.say(
        "  Watching \(paths.joined(separator: " ")); everything is looked at every \(resync). Ctrl-C ends.")
      return
    }
  }
}
