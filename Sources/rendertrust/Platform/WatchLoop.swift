import Model
import Reconciling
import Workloads

/// Feeds a controller from everything that may mean a change: the manifests' files, the engines' events, the clock
/// and the signals.
struct WatchLoop: Sendable {
  let session: Session
  let schemas: Platform
  let paths: [String]
  let resync: TimeSpan
  /// Nil: until a signal comes.
  let readyWithin: TimeSpan?
  /// Made before the manifests were read, so that no change is missed.
  var watch: ManifestWatch?

  func run(from desired: DesiredState) async throws {
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    let controller = Controller(
      engine: session.engine, environment: desired.environment, replica: .here("up"),
      isGone: ProcessMark.isGone)
    let authorship = Authorship.here("up", paths)
    let result = await withTaskGroup(of: Void.self) { group in
      group.addTask { await StopSignals.watch(session) { feed.finish() } }
      group.addTask { await watchManifests(feed) }
      group.addTask { await watchEngines(feed) }
      group.addTask { await tick(feed) }
      group.addTask { await session.animate() }
      group.addTask { await announceReady(desired, feed) }
      let result: Result<Void, StoreError>
      do throws(StoreError) {
        try await controller.run(from: desired, by: authorship, triggers: triggers)
        result = .success(())
      } catch {
        result = .failure(error)
      }
      group.cancelAll()
      return result
    }
    session.progress.clear()
    do { try result.get() } catch { throw CommandFailure.failed(error.description) }
    if readyWithin != nil {
      let late = try await session.unready(in: desired.environment)
      guard late.isEmpty else {
        throw CommandFailure.failed("not ready: \(late.map(\.description).joined(separator: ", "))")
      }
    }
  }

  private func watchManifests(_ feed: AsyncStream<Trigger>.Continuation) async {
    let time = session.engine.time
    var watch = watch ?? ManifestWatch(paths: paths)
    var pause = ManifestWatch.interval
    while (try? await time.sleep(pause)) != nil {
      let begun = time.now()
      switch watch.look(at: begun) {
      case .unchanged:
        // Looking at very many files takes at most a twentieth of the time.
        pause = max(ManifestWatch.interval, TimeSpan(milliseconds: (time.now() - begun).milliseconds * 20))
      case .changing: pause = ManifestWatch.rest
      case .changed(let mark):
        let loaded = schemas.tryLoad(paths)
        pause = ManifestWatch.rest
        guard watch.take(mark) else { continue }
        switch loaded {
        case .success(let desired): feed.yield(.desired(desired, .here("up", paths)))
        case .failure(let failure): feed.yield(.unreadable(failure.message))
        }
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
      let count = desired.resources.count
      session.progress.say(
        "\(Output.style.green("✓")) All \(count) resources of \(desired.environment) are ready after \(spent.elapsed)."
      )
      guard readyWithin == nil else { return feed.finish() }
      session.progress.say(
        "  Watching \(paths.joined(separator: " ")); everything is looked at every \(resync). Ctrl-C ends.")
      return
    }
  }
}
