import ContainerFakes
import ContainerSupport
import DockerEngine
import DockerSupport
import HTTP
import Model
import Reconciling
import ReconcilingSupport
import Testing

@testable import JobModel
@testable import NodeRunner

/// Attempts on a real container engine.
@Suite(
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct LocalRunnerTests {
  @Test("A command takes its input and returns its output as JSON, and the usage is reported")
  func stdio() async throws {
    try await RunnerFixture.with { world in
      let order = world.order(1, .members(["text": .string("hi")]), units: 3)
      let end = await world.run(order)
      let expected = Value.members([
        "module": .string("echo"), "version": .string("1.0"), "echo": .members(["text": .string("hi")]),
      ])
      #expect(end?.output == expected, "\(String(describing: end))")
      guard case .succeed(let units, let usage, _, _)? = end else { return }
      #expect(units == 3 && usage.gpu == 0)
      #expect(world.workerAPI.events(of: order.attempt).first == .accept)
      let heartbeat = try #require(world.workerAPI.state.value.registered.first)
      #expect(heartbeat.node == "a" && heartbeat.images == [world.image.digest.hex] && !heartbeat.canPull)
      print("round trip of the engine: \(heartbeat.roundTripMicroseconds) µs; used \(usage)")
      #expect(heartbeat.roundTripMicroseconds > 0)
    }
  }

  @Test("A module serves jobs over HTTP, and GPU time is metered")
  func http() async throws {
    try await RunnerFixture.with(image: "storyboardImage", interface: .http(port: 8188, path: "/run")) {
      world in
      var order = world.order(1, .members(["frames": .integer(2)]), units: 2)
      order.gpu = 0
      let end = await world.run(order)
      #expect(end?.output?["frames"]?.elements?.count == 2, "\(String(describing: end))")
      let usage = try #require(end?.usage)
      #expect(usage.gpu > 0 && usage.cpu == 0)

      world.modules.change { $0 = .echo(.http(port: 8188, path: "/nowhere")) }
      let rejected = await world.run(world.order(2))
      #expect(rejected?.failure?.hasPrefix("the module rejects the input (HTTP status 404)") == true)
      #expect(rejected?.isFinalFailure == true)

      world.modules.change { $0 = .echo(.http(port: 9, path: "/run")) }
      let unreachable = await world.run(world.order(3))
      #expect(
        unreachable?.failure?.contains("refused the connection") == true, "\(String(describing: unreachable))"
      )
      #expect(unreachable?.isFinalFailure == false)
    }
  }

  @Test("A failure has a reason, and is final when another node would fail too")
  func failures() async throws {
    try await RunnerFixture.with { world in
      let cases: [(script: String, reason: String, isFinal: Bool)] = [
        (
          "echo 'frames is missing' >&2; exit 65", "rejects the input (exit code 65): frames is missing", true
        ),
        ("echo a >&2; exit 3", "exit code 3: a", false), ("echo hi", "the output is not JSON", false),
        ("yes", "the output exceeds 1 MiB", true), ("exec /not/there", "exit code 127", false),
      ]
      for (index, one) in cases.enumerated() {
        world.set(one.script)
        let end = await world.run(world.order(UInt64(index + 1)))
        #expect(end?.failure?.contains(one.reason) == true, "\(one.script): \(String(describing: end))")
        #expect(end?.isFinalFailure == one.isFinal, "\(one.script)")
      }
      var other = world.order(20)
      other.image = Digest(of: "another").hex
      let missing = await world.run(other)
      #expect(missing?.failure?.contains("no healthy container") == true)
      #expect(missing?.interruption == .lostContainer)
      world.modules.change { $0 = [:] }
      let unknown = await world.run(world.order(21))
      #expect(unknown?.failure?.contains("no longer knows") == true)
      #expect(unknown?.interruption == .byPlatform)
    }
  }

  @Test("Progress is reported while an attempt runs, and a silent attempt still renews its lease")
  func progress() async throws {
    try await RunnerFixture.with(lease: TimeSpan(milliseconds: 600)) { world in
      world.set(
        """
        echo '{"progress": {"units": 2, "note": "frame 2"}}' >&2
        read -r line; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo '{"units": 5}'
        """)
      let order = world.order(1, units: 5)
      world.workerAPI.add(order, to: "a")
      await world.workerAPI.state.until { state in
        state.reports.contains { report in
          if case .progress(2, _, "frame 2") = report.event { true } else { false }
        }
      }
      // The module reports nothing more: further reports only renew the lease.
      await world.workerAPI.state.until { state in
        state.reports.count { if case .progress = $0.event { true } else { false } } >= 4
      }
      let container = try #require(try await world.world.containers().first)
      _ = try await world.world.engine.run(
        .init(in: container.id, ["touch", "/tmp/go"], timeout: .seconds(20)))
      let end = await world.workerAPI.end(of: order.attempt)
      guard case .succeed(5, _, _, _)? = end else {
        Issue.record("\(String(describing: end))")
        return
      }
    }
  }

  @Test("A stop in the reply to a heartbeat or to progress ends the attempt")
  func stopping() async throws {
    try await RunnerFixture.with(lease: TimeSpan(milliseconds: 600)) { world in
      world.set(#"echo '{"progress": {"units": 1}}' >&2; sleep 6001"#)
      for number in [UInt64(1), 2] {
        let order = world.order(number, units: 4)
        world.workerAPI.add(order, to: "a")
        await world.workerAPI.state.until { state in
          state.reports.contains { report in
            guard report.attempt == order.attempt, case .progress = report.event else { return false }
            return true
          }
        }
        world.workerAPI.state.change { _ = $0.stops.insert(order.attempt) }
        let end = await world.workerAPI.end(of: order.attempt)
        #expect(end?.failure == "the attempt was stopped" && end?.isFinalFailure == true)
        let left = try await world.processes("sleep 6001")
        #expect(left == 0)
      }
    }
  }

  @Test("A superseded attempt ends without a result")
  func superseded() async throws {
    try await RunnerFixture.with(lease: TimeSpan(milliseconds: 300)) { world in
      world.set("echo >&2; sleep 6002")
      let order = world.order(1)
      world.workerAPI.add(order, to: "a")
      await world.workerAPI.state.until { !$0.reports.isEmpty }
      world.workerAPI.state.change { _ = $0.superseded.insert(order.attempt) }
      // The slot is free again: the next order runs.
      try await eventually { try await world.processes("sleep 6002") == 0 }
      world.set("echo {}")
      let next = await world.run(world.order(2))
      #expect(next?.output != nil)
      #expect(world.workerAPI.events(of: order.attempt).allSatisfy { !$0.isEnd })
    }
  }

  @Test("An attempt that exceeds its time is stopped")
  func deadline() async throws {
    try await RunnerFixture.with { world in
      world.set("sleep 6003")
      var order = world.order(1)
      order.stopAt = TimeSource.machine.now() + TimeSpan(seconds: 2)
      let end = await world.run(order)
      #expect(end?.failure?.hasPrefix("timed out") == true && end?.isFinalFailure == true)
      let left = try await world.processes("sleep 6003")
      #expect(left == 0)
    }
  }

  @Test("The environment names the GPU of a job, and no GPU for a job without one")
  func gpu() async throws {
    try await RunnerFixture.with { world in
      world.set(#"printf '{"gpu": "%s", "cuda": "%s"}' "$RENDERTRUST_GPU" "$CUDA_VISIBLE_DEVICES""#)
      var order = world.order(1)
      order.gpu = 1
      let withGPU = await world.run(order)
      #expect(withGPU?.output == .members(["gpu": .string("1"), "cuda": .string("1")]))
      let withoutGPU = await world.run(world.order(2))
      #expect(withoutGPU?.output == .members(["gpu": .string(""), "cuda": .string("")]))
    }
  }

  @Test("A clock that is ahead of the scheduler's does not shorten an attempt")
  func clockAhead() async throws {
    try await RunnerFixture.with { world in
      world.set("echo {}")
      var order = world.order(1)
      // By this clock the time is up; by the scheduler's, an hour is left.
      order.stopAt = TimeSource.machine.now() + TimeSpan(seconds: -60)
      order.leaseUntil = order.stopAt + TimeSpan(seconds: -3600)
      let end = await world.run(order)
      #expect(end?.output != nil, "\(String(describing: end))")
    }
  }

  @Test("A lease that became shorter is renewed in time")
  func shorterLease() async throws {
    try await RunnerFixture.with(lease: TimeSpan(seconds: 600)) { world in
      world.workerAPI.state.change {
        $0.leaseUntil = { TimeSource.machine.now() + TimeSpan(milliseconds: 600) }
      }
      world.set("while [ ! -e /tmp/go ]; do sleep 0.1; done; echo {}")
      let order = world.order(1)
      world.workerAPI.add(order, to: "a")
      await world.workerAPI.state.until { state in
        state.reports.count { if case .progress = $0.event { true } else { false } } >= 3
      }
      let container = try #require(try await world.world.containers().first)
      _ = try await world.world.engine.run(
        .init(in: container.id, ["touch", "/tmp/go"], timeout: .seconds(20)))
      #expect(await world.workerAPI.end(of: order.attempt)?.output != nil)
    }
  }

  @Test("A container that is killed during an attempt is named as the reason")
  func containerExited() async throws {
    try await RunnerFixture.with { world in
      world.set(#"echo '{"progress": {"units": 1}}' >&2; sleep 6004"#)
      let order = world.order(1, units: 2)
      world.workerAPI.add(order, to: "a")
      await world.workerAPI.state.until { $0.reports.count >= 2 }
      let container = try #require(try await world.world.containers().first)
      try await world.world.engine.kill(container.id)
      let end = await world.workerAPI.end(of: order.attempt)
      #expect(end?.failure == "the container exited during the attempt")
      #expect(end?.interruption == .lostContainer)
    }
  }

  @Test("Three nodes share an engine, each within its slots and its own containers")
  func manyNodes() async throws {
    try await RunnerFixture.with(["a", "b", "c"], slots: 2) { world in
      let nodes = ["a", "b", "c"]
      for index in 0..<12 {
        world.workerAPI.add(world.order(UInt64(index), .integer(Int64(index))), to: nodes[index % 3])
      }
      await world.workerAPI.state.until { state in state.reports.count { $0.event.isEnd } == 12 }
      let reports = world.workerAPI.state.value.reports
      for index in 0..<12 {
        let end = reports.last { $0.attempt == world.order(UInt64(index)).attempt }?.event
        #expect(end?.output?["echo"] == .integer(Int64(index)), "\(String(describing: end))")
      }
      // A node never has more accepted attempts than slots.
      for node in 0..<3 {
        let own = Set((0..<12).filter { $0 % 3 == node }.map { world.order(UInt64($0)).attempt })
        var open = 0
        for report in reports where own.contains(report.attempt) {
          if report.event == .accept { open += 1 }
          if report.event.isEnd { open -= 1 }
          #expect((0...2).contains(open))
        }
      }
    }
  }

  @Test("A runner that stops ends its attempts and reports them")
  func stoppingTheRunner() async throws {
    let kept = Watched<FakeWorkerAPI?>(nil)
    try await RunnerFixture.with { world in
      kept.change { $0 = world.workerAPI }
      world.set("echo >&2; sleep 6005")
      world.workerAPI.add(world.order(1), to: "a")
      await world.workerAPI.state.until { !$0.reports.isEmpty }
      try await eventually { try await world.processes("sleep 6005") > 0 }
    }
    let workerAPI = try #require(kept.value)
    let end = await workerAPI.end(of: WorkOrder.test(1).attempt)
    #expect(end?.failure == "the runner was stopped" && end?.interruption == .byPlatform)
  }
}

struct ConditionNotMet: Error {}

/// Polls the condition every 50 milliseconds for up to 30 seconds.
func eventually(_ condition: () async throws -> Bool) async throws {
  for _ in 0..<600 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
  throw ConditionNotMet()
}
