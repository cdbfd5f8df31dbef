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

/// Nodes on a real engine that do what a scheduler hands out.
@Suite(
  .enabled(if: DockerTestBed.isAvailable, Comment(rawValue: DockerTestBed.requirement)),
  .timeLimit(.minutes(3)))
struct DirectRunnerTests {
  @Test("A job goes in as JSON and comes out as JSON, and what it used is told")
  func stdio() async throws {
    try await RunnerWorld.with { world in
      let order = world.order(1, .members(["text": .string("hi")]), units: 3)
      let end = await world.run(order)
      let expected = Value.members([
        "module": .string("echo"), "version": .string("1.0"), "echo": .members(["text": .string("hi")]),
      ])
      #expect(end?.output == expected, "\(String(describing: end))")
      guard case .succeed(let units, let usage, _, _)? = end else { return }
      #expect(units == 3 && usage.gpu == 0)
      #expect(world.desk.events(of: order.attempt).first == .accept)
      let heartbeat = try #require(world.desk.state.value.registered.first)
      #expect(heartbeat.node == "a" && heartbeat.images == [world.image.digest.hex] && !heartbeat.canPull)
      print("round trip of the engine: \(heartbeat.roundTripMicroseconds) µs; used \(usage)")
      #expect(heartbeat.roundTripMicroseconds > 0)
    }
  }

  @Test("The same over HTTP; with a GPU the time that it was held is metered")
  func http() async throws {
    try await RunnerWorld.with(image: "storyboardImage", interface: .http(port: 8188, path: "/run")) {
      world in
      var order = world.order(1, .members(["frames": .integer(2)]), units: 2)
      order.gpu = 0
      let end = await world.run(order)
      #expect(end?.output?["frames"]?.elements?.count == 2, "\(String(describing: end))")
      let usage = try #require(end?.usage)
      #expect(usage.gpu > 0 && usage.cpu == 0)

      world.modules.change { $0 = [DirectModule("echo", .http(port: 8188, path: "/nowhere"))] }
      let refused = await world.run(world.order(2))
      #expect(refused?.failure?.hasPrefix("the module refuses the input (HTTP status 404)") == true)
      #expect(refused?.isFinalFailure == true)

      world.modules.change { $0 = [DirectModule("echo", .http(port: 9, path: "/run"))] }
      let unheard = await world.run(world.order(3))
      #expect(unheard?.failure?.contains("refused the connection") == true, "\(String(describing: unheard))")
      #expect(unheard?.isFinalFailure == false)
    }
  }

  @Test("Failures say what happened, and whether another node could fare better")
  func failures() async throws {
    try await RunnerWorld.with { world in
      let cases: [(script: String, reason: String, isFinal: Bool)] = [
        (
          "echo 'frames is missing' >&2; exit 65", "refuses the input (exit code 65): frames is missing", true
        ),
        ("echo a >&2; exit 3", "exit code 3: a", false), ("echo hi", "its output is not JSON", false),
        ("yes", "its output is longer than 1 MiB", true), ("exec /not/there", "exit code 127", false),
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
      world.modules.change { $0 = [] }
      let unknown = await world.run(world.order(21))
      #expect(unknown?.failure?.contains("no longer known") == true)
    }
  }

  @Test("Progress is passed on while it runs, and an attempt in silence still renews its lease")
  func progress() async throws {
    try await RunnerWorld.with(lease: TimeSpan(milliseconds: 600)) { world in
      world.set(
        """
        echo '{"progress": {"units": 2, "note": "frame 2"}}' >&2
        read -r line; while [ ! -e /tmp/go ]; do sleep 0.1; done; echo '{"units": 5}'
        """)
      let order = world.order(1, units: 5)
      world.desk.add(order, to: "a")
      await world.desk.state.until { state in
        state.reports.contains { report in
          if case .progress(2, _, "frame 2") = report.event { true } else { false }
        }
      }
      // Silence from here on: what comes now renews the lease alone.
      await world.desk.state.until { state in
        state.reports.count { if case .progress = $0.event { true } else { false } } >= 4
      }
      let container = try #require(try await world.world.containers().first)
      _ = try await world.world.engine.run(
        .init(in: container.id, ["touch", "/tmp/go"], timeout: .seconds(20)))
      let end = await world.desk.end(of: order.attempt)
      guard case .succeed(5, _, _, _)? = end else {
        Issue.record("\(String(describing: end))")
        return
      }
    }
  }

  @Test("An attempt that is to stop is ended, by heartbeat and by the answer to progress")
  func stopping() async throws {
    try await RunnerWorld.with(lease: TimeSpan(milliseconds: 600)) { world in
      world.set(#"echo '{"progress": {"units": 1}}' >&2; sleep 6001"#)
      for number in [UInt64(1), 2] {
        let order = world.order(number, units: 4)
        world.desk.add(order, to: "a")
        await world.desk.state.until { state in
          state.reports.contains { report in
            guard report.attempt == order.attempt, case .progress = report.event else { return false }
            return true
          }
        }
        world.desk.state.change { _ = $0.stops.insert(order.attempt) }
        let end = await world.desk.end(of: order.attempt)
        #expect(end?.failure == "it was stopped" && end?.isFinalFailure == true)
        let left = try await world.processes("sleep 6001")
        #expect(left == 0)
      }
    }
  }

  @Test("A superseded attempt is ended without a word")
  func superseded() async throws {
    try await RunnerWorld.with(lease: TimeSpan(milliseconds: 300)) { world in
      world.set("echo >&2; sleep 6002")
      let order = world.order(1)
      world.desk.add(order, to: "a")
      await world.desk.state.until { !$0.reports.isEmpty }
      world.desk.state.change { _ = $0.superseded.insert(order.attempt) }
      // Its slots are free again: the next one runs.
      try await eventually { try await world.processes("sleep 6002") == 0 }
      world.set("echo {}")
      let next = await world.run(world.order(2))
      #expect(next?.output != nil)
      #expect(world.desk.events(of: order.attempt).allSatisfy { !$0.isEnd })
    }
  }

  @Test("What takes longer than it may is ended in time")
  func deadline() async throws {
    try await RunnerWorld.with { world in
      world.set("sleep 6003")
      var order = world.order(1)
      order.stopAt = TimeSource.machine.now() + TimeSpan(seconds: 2)
      let end = await world.run(order)
      #expect(end?.failure?.hasPrefix("its time was up") == true && end?.isFinalFailure == true)
      let left = try await world.processes("sleep 6003")
      #expect(left == 0)
    }
  }

  @Test("A module is told its GPU; without one nothing is said of it")
  func gpu() async throws {
    try await RunnerWorld.with { world in
      world.set(#"printf '{"gpu": "%s", "cuda": "%s"}' "$RENDERTRUST_GPU" "$CUDA_VISIBLE_DEVICES""#)
      var order = world.order(1)
      order.gpu = 1
      let told = await world.run(order)
      #expect(told?.output == .members(["gpu": .string("1"), "cuda": .string("1")]))
      let untold = await world.run(world.order(2))
      #expect(untold?.output == .members(["gpu": .string(""), "cuda": .string("")]))
    }
  }

  @Test("A clock that goes ahead of the scheduler's cuts nothing short")
  func clockAhead() async throws {
    try await RunnerWorld.with { world in
      world.set("echo {}")
      var order = world.order(1)
      // By this clock its time is up; by the scheduler's, an hour is left.
      order.stopAt = TimeSource.machine.now() + TimeSpan(seconds: -60)
      order.leaseUntil = order.stopAt + TimeSpan(seconds: -3600)
      let end = await world.run(order)
      #expect(end?.output != nil, "\(String(describing: end))")
    }
  }

  @Test("A lease that became shorter is renewed in time")
  func shorterLease() async throws {
    try await RunnerWorld.with(lease: TimeSpan(seconds: 600)) { world in
      world.desk.state.change { $0.leaseUntil = { TimeSource.machine.now() + TimeSpan(milliseconds: 600) } }
      world.set("while [ ! -e /tmp/go ]; do sleep 0.1; done; echo {}")
      let order = world.order(1)
      world.desk.add(order, to: "a")
      await world.desk.state.until { state in
        state.reports.count { if case .progress = $0.event { true } else { false } } >= 3
      }
      let container = try #require(try await world.world.containers().first)
      _ = try await world.world.engine.run(
        .init(in: container.id, ["touch", "/tmp/go"], timeout: .seconds(20)))
      #expect(await world.desk.end(of: order.attempt)?.output != nil)
    }
  }

  @Test("A container that is killed under an attempt is named as the reason")
  func containerGone() async throws {
    try await RunnerWorld.with { world in
      world.set(#"echo '{"progress": {"units": 1}}' >&2; sleep 6004"#)
      let order = world.order(1, units: 2)
      world.desk.add(order, to: "a")
      await world.desk.state.until { $0.reports.count >= 2 }
      let container = try #require(try await world.world.containers().first)
      try await world.world.engine.kill(container.id)
      let end = await world.desk.end(of: order.attempt)
      #expect(end?.failure == "its container ended under it" && end?.isFinalFailure == false)
    }
  }

  @Test("Three nodes on one engine work side by side, each within its slots and its own containers")
  func manyNodes() async throws {
    try await RunnerWorld.with(["a", "b", "c"], slots: 2) { world in
      let nodes = ["a", "b", "c"]
      for index in 0..<12 {
        world.desk.add(world.order(UInt64(index), .integer(Int64(index))), to: nodes[index % 3])
      }
      await world.desk.state.until { state in state.reports.count { $0.event.isEnd } == 12 }
      let reports = world.desk.state.value.reports
      for index in 0..<12 {
        let end = reports.last { $0.attempt == world.order(UInt64(index)).attempt }?.event
        #expect(end?.output?["echo"] == .integer(Int64(index)), "\(String(describing: end))")
      }
      // Between two acceptances of a node there are never more than its slots open.
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

  @Test("A runner that ends takes its attempts along, and says so")
  func ending() async throws {
    let kept = Watched<FakeDesk?>(nil)
    try await RunnerWorld.with { world in
      kept.change { $0 = world.desk }
      world.set("echo >&2; sleep 6005")
      world.desk.add(world.order(1), to: "a")
      await world.desk.state.until { !$0.reports.isEmpty }
      try await eventually { try await world.processes("sleep 6005") > 0 }
    }
    let desk = try #require(kept.value)
    let end = await desk.end(of: WorkOrder.test(1).attempt)
    #expect(end?.failure == "the runner was stopped" && end?.isFinalFailure == false)
  }
}

struct NeverHappened: Error {}

/// Asks a real process up to 30 seconds long, every 50 milliseconds.
func eventually(_ condition: () async throws -> Bool) async throws {
  for _ in 0..<600 {
    if try await condition() { return }
    try await Task.sleep(for: .milliseconds(50))
  }
  throw NeverHappened()
}
