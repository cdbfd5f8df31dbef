import ContainerSupport
import ControlPlane
import DockerEngine
import Manifests
import Model
import Planning
import Postgres
import Reconciling
import Synchronization

/// A controller in this process, on the state of an installation: the loop that `server` and `up` run.
struct KillPointController: Sendable {
  enum End: Sendable, Equatable {
    /// Everything is as declared.
    case converged
    case killed
    /// The controller ended by itself, or needed too long.
    case failed(String)
  }

  let installation: Installation
  let killSwitch: KillSwitch

  /// The longest time to convergence.
  private static let limit = Duration.seconds(90)

  /// Runs until everything is as declared, or until the switch ends the controller.
  func run(_ desired: DesiredState) async -> End {
    await MutationFence.$observer.withValue(killSwitch) {
      await withTaskGroup(of: End?.self) { group in
        group.addTask { await converge(desired) }
        group.addTask {
          await killSwitch.death()
          return killSwitch.isDead ? .killed : nil
        }
        var end: End?
        for await result in group where end == nil {
          guard let result else { continue }
          // A killed controller may report its own failure first.
          end = killSwitch.isDead ? .killed : result
          group.cancelAll()
        }
        return end ?? .failed("the controller ended without a result")
      }
    }
  }

  private func converge(_ desired: DesiredState) async -> End {
    let progress = KillPointProgress()
    do {
      let foundations = try Foundations(
        stateFolder: installation.state, engine: engine, report: progress.note)
      return try await StateSession.open(
        StateLocation(folder: installation.state, database: nil), on: foundations, reporter: progress
      ) { state in
        try await follow(desired, state, progress)
      }
    } catch {
      return .failed("\(error)\n\(progress.text)")
    }
  }

  private func follow(
    _ desired: DesiredState, _ state: StateSession, _ progress: KillPointProgress
  ) async throws -> End {
    // Every other replica is a controller that this test has killed.
    let controller = Controller(
      engine: state.engine, environment: desired.environment, quietPeriod: TimeSpan(seconds: 0),
      replica: .current("kill-point")
    ) { _ in true }
    let (triggers, feed) = AsyncStream<Trigger>.makeStream()
    return try await withThrowingTaskGroup(of: End?.self) { group in
      group.addTask {
        try await controller.run(
          from: desired, by: Authorship(actor: "test", commit: nil, message: "kill point"),
          triggers: triggers)
        return nil
      }
      group.addTask {
        defer { feed.finish() }
        return await watch(desired, state, progress, feed)
      }
      var end: End?
      for try await result in group { end = end ?? result }
      return end ?? .failed("the loop ended by itself\n\(progress.text)")
    }
  }

  /// Gives the loop its ticks until everything is as declared.
  private func watch(
    _ desired: DesiredState, _ state: StateSession, _ progress: KillPointProgress,
    _ feed: AsyncStream<Trigger>.Continuation
  ) async -> End {
    let clock = ContinuousClock()
    let start = clock.now
    var restarts = state.foundations.supervisor.state.restartCount
    while clock.now - start < Self.limit {
      guard (try? await clock.sleep(for: .milliseconds(50))) != nil else { return .failed("cancelled") }
      let count = state.foundations.supervisor.state.restartCount
      feed.yield(count == restarts ? .tick : .resync)
      restarts = count
      guard progress.isIdle, progress.areReady(desired) else { continue }
      // What was removed is observed for a while before it leaves the inventory.
      guard let plan = try? await state.engine.prepare(desired).plan, !plan.hasWork else { continue }
      return .converged
    }
    let plan = try? await state.engine.prepare(desired).plan
    let open = plan?.resources.filter { $0.outcome != .unchanged }.map {
      "\($0.id) \($0.outcome): \($0.waitingOn ?? $0.steps.map(\.summary).joined(separator: ", "))"
    }
    return .failed("not converged after \(Self.limit): \(open ?? [])\n\(progress.text)")
  }

  private var engine: EngineAddress {
    switch installation.engine.endpoint.address {
    case .unix(let path): .unix(path: path)
    case .tcp(let host, let port): .tcp(host: host, port: port)
    }
  }
}

/// What a controller reports: the last status of each resource, and the failures for a failing test.
final class KillPointProgress: Reporter {
  private struct State {
    var statuses: [ResourceID: ResourceStatus] = [:]
    var inFlight = 0
    var lines: [String] = []
  }

  private let state = Mutex(State())

  /// Whether the loop works on nothing now.
  var isIdle: Bool { state.withLock { $0.inFlight == 0 } }
  /// The last failures and notes.
  var text: String { state.withLock { $0.lines.suffix(25).joined(separator: "\n") } }

  func areReady(_ desired: DesiredState) -> Bool {
    state.withLock { state in desired.resources.allSatisfy { state.statuses[$0.id]?.isReady ?? false } }
  }

  var handler: ProgressHandler {
    { [self] progress in
      switch progress {
      case .settled(let statuses):
        state.withLock { state in for status in statuses { state.statuses[status.id] = status } }
      case .loop(.round(_, let inFlight, _)): state.withLock { $0.inFlight = inFlight }
      case .finished(let id, let step, _, let error):
        note("\(id) \(step.summary): \(error.map { "\($0.code) \($0.message)" } ?? "done")")
      case .note(let event): note("\(event.reason) \(event.id.map { "\($0)" } ?? "–"): \(event.message)")
      case .loop(.storeFailed(let error)): note("\(error)")
      case .observing, .planned, .started, .loop: break
      }
    }
  }

  @Sendable func note(_ line: String) { state.withLock { $0.lines.append(line) } }
  func say(_ text: String) { note(text) }
  func remark(_ text: String) { note(text) }
  func warn(_ text: String) { note(text) }
  func report(_ diagnostics: [Diagnostic]) {}
  func tick() {}
  func clear() {}
}
