/// Measures the choice of nodes, without a database:
///
///     bench-selection [SELECTIONS]
///
/// The fleets have 50, 10,000 and 100,000 nodes and jobs of 20 modules with different needs; a simulated
/// clock advances by 5,000 jobs a second. Another fleet has equal nodes that all pass, which is the worst
/// case for its size. Between two selections the chosen node is claimed, an older job is released and its
/// node paid, and another node sends a heartbeat. Prints the processor time of the selections, which other
/// programs do not affect, their time by the clock, and the time of the other operations.
import Glibc
import JobModel
import Model
import Placement

@main
enum SelectionBench {
  static func main() {
    let selections = CommandLine.arguments.dropFirst().compactMap { Int($0) }.first ?? 50_000
    measure("50 nodes", BenchFleet(nodes: 50), selections, target: 100)
    measure("10000 nodes", BenchFleet(nodes: 10_000), selections, target: 100)
    measure("10000 equal nodes that all pass", BenchFleet(equal: 10_000), selections, target: 100)
    measure("100000 nodes", BenchFleet(nodes: 100_000), selections, target: 1500)
    measureJSON()
  }

  static func measure(_ title: String, _ fleet: BenchFleet, _ selections: Int, target: Int) {
    let clock = ContinuousClock()
    let nodes = fleet.nodes.count
    var index = FleetIndex()
    let filling = clock.measure { for node in fleet.nodes { index.update(node) } }
    var now = BenchFleet.start
    let settings = SchedulerSettings()
    let weights = (latency: settings.latencyWeight, earnings: settings.earningsWeight)
    let first = clock.measure {
      for needs in fleet.needs {
        _ = index.select(needs, weights: weights, now: now, offlineAfter: settings.offlineAfter)
      }
    }
    var random = BenchNumbers(state: 7)
    var open: [(node: Int64, needs: Int, gpu: Int?)] = []
    var times: [Duration] = []
    var processorTimes: [Duration] = []
    times.reserveCapacity(selections)
    processorTimes.reserveCapacity(selections)
    var between = Duration.zero
    var (passed, front, placed) = (0, 0, 0)
    for turn in 0..<selections {
      now = now + TimeSpan(milliseconds: turn % 5 == 0 ? 1 : 0)
      let module = random.below(fleet.needs.count)
      let processor = processorTime()
      let started = clock.now
      let decision = index.select(
        fleet.needs[module], weights: weights, now: now, offlineAfter: settings.offlineAfter)
      let decided = clock.now
      processorTimes.append(processorTime() - processor)
      times.append(decided - started)
      passed += decision.passed
      front += decision.frontCount
      if let chosen = decision.chosen, let claim = index.claim(chosen.node, fleet.needs[module]) {
        placed += 1
        open.append((chosen.node, module, claim.gpu))
      }
      if open.count > nodes {
        let done = open.swapRemove(random.below(open.count))
        index.release(
          done.node,
          Claim(
            gpu: done.gpu, gpuMemory: fleet.needs[done.needs].gpuMemory, cores: fleet.needs[done.needs].cores)
        )
        if var node = index[done.node] {
          node.earned += 40_000
          index.update(node)
        }
      }
      index.recordHeartbeat(
        of: Int64(turn % nodes) + 1, at: now, roundTripMicroseconds: Int64(500 + random.below(120_000)))
      between += clock.now - decided
    }
    print("selection among \(title): \(spread(&processorTimes)) (target \(target) µs)")
    print("  by the clock: \(spread(&times))")
    print(
      "  on average \(passed / selections) nodes passed, \(front / selections) on the frontier;",
      "\(placed) jobs placed; claim, release and heartbeat: \((between / selections).text)")
    print(
      "  adding a node: \((filling / nodes).text);",
      "the first selection for a module: \((first / fleet.needs.count).text)")
  }

  /// Sorts the times.
  static func spread(_ times: inout [Duration]) -> String {
    times.sort()
    let (median, last) = (times[times.count / 2], times[times.count - 1])
    return "p50 \(median.text), p99 \(times[times.count * 99 / 100].text), greatest \(last.text)"
  }

  /// The processor time of this thread.
  static func processorTime() -> Duration {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  static func measureJSON() {
    let front = (1...5).map {
      PlacementDecision.Candidate(
        node: Int64($0), name: "node-0000\($0)", latency: 34_567, earnings: 123_456, score: 234_567)
    }
    let decision = PlacementDecision(
      nodes: 10_000, removed: [.pool: 100, .labels: 2000, .gpuMemory: 1234, .offline: 5, .busy: 3000],
      passed: 3661, front: front, frontCount: 17)
    var bytes = 0
    let rounds = 100_000
    let time = ContinuousClock().measure { for _ in 0..<rounds { bytes += decision.json.utf8.count } }
    print("a decision as JSON: \((time / rounds).text), \(bytes / rounds) bytes (target 3 µs)")
  }
}

extension Array {
  /// Removes an element; does not keep the order.
  fileprivate mutating func swapRemove(_ index: Int) -> Element {
    swapAt(index, count - 1)
    return removeLast()
  }
}

extension Duration {
  /// In microseconds.
  fileprivate var text: String {
    let tenths = Int(self / .nanoseconds(100))
    return "\(tenths / 10).\(tenths % 10) µs"
  }
}
