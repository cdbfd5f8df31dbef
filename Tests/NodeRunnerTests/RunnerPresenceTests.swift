import ContainerFakes
import ContainerSupport
import HTTP
import Model
import Reconciling
import ReconcilingSupport
import Testing

@testable import JobModel
@testable import NodeRunner

/// When nodes are there and when not, on an engine in memory.
@Suite(.timeLimit(.minutes(1)))
struct RunnerPresenceTests {
  /// Runs a runner of these nodes while `work` goes on, and returns its news.
  private func run(
    _ engine: FakeEngine, _ desk: FakeDesk, nodes: Watched<[DirectNode]>,
    _ work: @Sendable (Watched<[DirectRunner.News]>) async throws -> Void
  ) async throws {
    let news = Watched<[DirectRunner.News]>([])
    let runner = DirectRunner(
      desk: desk, engines: EnginePool(local: .unix(path: "/fake")) { _ in engine }, http: HTTPClient(),
      owner: "t", time: .brisk, nodes: { nodes.value }, modules: { [] },
      tell: { one in news.change { $0.append(one) } })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await runner.run() }
      try await work(news)
      group.cancelAll()
    }
  }

  @Test("An engine that is away silences its node, and the node comes back with it")
  func engineAway() async throws {
    let (engine, desk) = (FakeEngine(), FakeDesk())
    engine.setReachable(false)
    let nodes = Watched([DirectNode("a", engine: .local, slots: 1)])
    try await run(engine, desk, nodes: nodes) { news in
      await news.until { $0.contains { if case .offline("a", _) = $0 { true } else { false } } }
      #expect(desk.state.value.registered.isEmpty)
      engine.setReachable(true)
      await desk.state.until { $0.heartbeats.count >= 2 }
      engine.setReachable(false)
      await news.until { $0.count { if case .offline = $0 { true } else { false } } == 2 }
      let silent = desk.state.value.heartbeats.count
      engine.setReachable(true)
      await desk.state.until { $0.heartbeats.count > silent }
      #expect(desk.state.value.registered.count == 1)
    }
  }

  @Test("Nodes come and go with the manifests")
  func roster() async throws {
    let desk = FakeDesk()
    let nodes = Watched([DirectNode("a", engine: .local, slots: 1)])
    try await run(FakeEngine(), desk, nodes: nodes) { _ in
      await desk.state.until { !$0.heartbeats.isEmpty }
      nodes.change { $0 = [DirectNode("b", engine: .local, slots: 1)] }
      await desk.state.until { state in state.heartbeats.contains { $0.node == "b" } }
      nodes.change { $0.append(DirectNode("a", engine: .local, slots: 1)) }
      let before = desk.state.value.heartbeats.count { $0.node == "a" }
      await desk.state.until { state in state.heartbeats.count { $0.node == "a" } > before }
    }
  }

  @Test("What an earlier run had accepted is given up, so that others take it")
  func leftovers() async throws {
    let desk = FakeDesk()
    let left = AttemptID(JobID(at: Timestamp(seconds: 5), random: 5), 2)
    desk.state.change { $0.left = [left] }
    try await run(FakeEngine(), desk, nodes: Watched([DirectNode("a", engine: .local, slots: 1)])) { _ in
      let end = await desk.end(of: left)
      #expect(end?.failure == "the runner was started anew" && end?.isFinalFailure == false)
    }
  }

  @Test("A scheduler that cannot be asked is asked again")
  func deskAway() async throws {
    let desk = FakeDesk()
    desk.state.change { $0.isAvailable = false }
    try await run(FakeEngine(), desk, nodes: Watched([DirectNode("a", engine: .local, slots: 1)])) { _ in
      desk.state.change { $0.isAvailable = true }
      await desk.state.until { !$0.heartbeats.isEmpty }
      desk.state.change { $0.isAvailable = false }
      desk.state.change { $0.isAvailable = true }
      desk.add(.test(7), to: "a")
      let end = await desk.end(of: WorkOrder.test(7).attempt)
      #expect(end?.failure?.contains("no longer known") == true)
    }
  }
}

extension TimeSource {
  /// The machine's clock, on which rests are a twentieth as long.
  fileprivate static let brisk = TimeSource(
    now: TimeSource.machine.now,
    sleep: { span in try await Task.sleep(for: .milliseconds(max(span.milliseconds / 20, 5))) },
    uptime: TimeSource.machine.uptime)
}
