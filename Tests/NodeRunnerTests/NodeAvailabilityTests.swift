import ContainerFakes
import ContainerSupport
import HTTP
import Model
import Reconciling
import ReconcilingSupport
import Testing

@testable import JobModel
@testable import NodeRunner

/// When nodes are online, on an engine in memory.
@Suite(.timeLimit(.minutes(1)))
struct NodeAvailabilityTests {
  /// Runs a runner of these nodes while `work` runs with its events.
  private func run(
    _ engine: FakeEngine, _ workerAPI: FakeWorkerAPI, nodes: Watched<[ResourceID: ComputeOffer]>,
    _ work: @Sendable (Watched<[LocalRunner.Event]>) async throws -> Void
  ) async throws {
    let events = Watched<[LocalRunner.Event]>([])
    let runner = LocalRunner(
      workerAPI: workerAPI, engines: EnginePool(local: .unix(path: "/fake")) { _ in engine },
      http: HTTPClient(),
      marks: .test, time: .brisk, nodes: { nodes.value }, modules: { [:] },
      onEvent: { event in events.change { $0.append(event) } })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await runner.run() }
      try await work(events)
      group.cancelAll()
    }
  }

  @Test("A node whose engine is unreachable sends no heartbeats until the engine answers again")
  func unreachableEngine() async throws {
    let (engine, workerAPI) = (FakeEngine(), FakeWorkerAPI())
    engine.setReachable(false)
    let nodes = Watched<[ResourceID: ComputeOffer]>(.nodes("a", slots: 1))
    try await run(engine, workerAPI, nodes: nodes) { events in
      await events.until { $0.contains { if case .offline("a", _) = $0 { true } else { false } } }
      #expect(workerAPI.state.value.registered.isEmpty)
      engine.setReachable(true)
      await workerAPI.state.until { $0.heartbeats.count >= 2 }
      engine.setReachable(false)
      await events.until { $0.count { if case .offline = $0 { true } else { false } } == 2 }
      let before = workerAPI.state.value.heartbeats.count
      engine.setReachable(true)
      await workerAPI.state.until { $0.heartbeats.count > before }
      #expect(workerAPI.state.value.registered.count == 1)
    }
  }

  @Test("The runner serves the nodes of the manifests")
  func servedNodes() async throws {
    let workerAPI = FakeWorkerAPI()
    let nodes = Watched<[ResourceID: ComputeOffer]>(.nodes("a", slots: 1))
    try await run(FakeEngine(), workerAPI, nodes: nodes) { _ in
      await workerAPI.state.until { !$0.heartbeats.isEmpty }
      nodes.change { $0 = .nodes("b", slots: 1) }
      await workerAPI.state.until { state in state.heartbeats.contains { $0.node == "b" } }
      nodes.change { $0.merge(.nodes("a", slots: 1)) { $1 } }
      let before = workerAPI.state.value.heartbeats.count { $0.node == "a" }
      await workerAPI.state.until { state in state.heartbeats.count { $0.node == "a" } > before }
    }
  }

  @Test("Attempts of an earlier run are reported as interrupted")
  func unfinishedAttempts() async throws {
    let workerAPI = FakeWorkerAPI()
    let unfinished = AttemptID(JobID(at: Timestamp(seconds: 5), random: 5), 2)
    workerAPI.state.change { $0.unfinished = [unfinished] }
    try await run(FakeEngine(), workerAPI, nodes: Watched(.nodes("a", slots: 1))) { _ in
      let end = await workerAPI.end(of: unfinished)
      #expect(end?.failure == "the runner restarted" && end?.interruption == .lostContainer)
    }
  }

  @Test("Calls to an unavailable scheduler are retried")
  func unavailableScheduler() async throws {
    let workerAPI = FakeWorkerAPI()
    workerAPI.state.change { $0.isAvailable = false }
    try await run(FakeEngine(), workerAPI, nodes: Watched(.nodes("a", slots: 1))) { _ in
      workerAPI.state.change { $0.isAvailable = true }
      await workerAPI.state.until { !$0.heartbeats.isEmpty }
      workerAPI.state.change { $0.isAvailable = false }
      workerAPI.state.change { $0.isAvailable = true }
      workerAPI.add(.test(7), to: "a")
      let end = await workerAPI.end(of: WorkOrder.test(7).attempt)
      #expect(end?.failure?.contains("no longer knows") == true)
    }
  }
}

extension TimeSource {
  /// The machine's clock with sleeps of a twentieth of their length.
  fileprivate static let brisk = TimeSource(
    now: TimeSource.machine.now,
    sleep: { span in try await Task.sleep(for: .milliseconds(max(span.milliseconds / 20, 5))) },
    uptime: TimeSource.machine.uptime)
}
