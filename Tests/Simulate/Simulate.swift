import Glibc
import SimulationSupport
import Synchronization

/// Tries seeds of the simulated world, two at a time, and says how to see again what went wrong.
///
///     simulate SEED [--trace]       one seed; its story with --trace
///     simulate FIRST LAST           all of these seeds
///
/// Exit code 1 when a seed is bad.
@main struct Simulate {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    let numbers = arguments.compactMap { UInt64($0) }
    guard let first = numbers.first else {
      say("usage: simulate SEED [--trace] | simulate FIRST LAST")
      exit(2)
    }
    if numbers.count == 1 {
      exit(tell(first, keepsLines: arguments.contains("--trace")) ? 0 : 1)
    }
    exit(Sweep(first...max(first, numbers[1])).run() ? 0 : 1)
  }

  /// Runs one seed; whether it was good.
  private static func tell(_ seed: UInt64, keepsLines: Bool) -> Bool {
    let report = SeedRun(seed: seed, keepsLines: keepsLines).run()
    for line in report.lines { say(line) }
    say(
      "seed \(seed): \(report.jobs) jobs in \(report.seconds) simulated seconds, "
        + "digest \(String(report.digest, radix: 16))")
    for problem in report.problems { say("  \(problem)") }
    return report.problems.isEmpty
  }
}

/// Many seeds on two threads.
private final class Sweep: Sendable {
  private struct State {
    var next: UInt64
    var done = 0
    var bad: [UInt64] = []
    var jobs = 0
    var nextNews = 10.0
  }

  private let seeds: ClosedRange<UInt64>
  private let state: Mutex<State>
  private let begun = ContinuousClock.now

  init(_ seeds: ClosedRange<UInt64>) {
    self.seeds = seeds
    state = Mutex(State(next: seeds.lowerBound))
  }

  private var seconds: Double { (ContinuousClock.now - begun) / .seconds(1) }

  /// Whether all were good.
  func run() -> Bool {
    let threads = (0..<2).map { _ in
      Thread { [self] in
        while let seed = take() { finish(SeedRun(seed: seed).run()) }
      }
    }
    for thread in threads { thread.join() }
    let end = state.withLock { $0 }
    let rate = Double(end.done) / max(seconds, 0.001)
    say(
      "\(end.done) seeds in \(Int(seconds)) s, \(Int(rate)) seeds/s, \(end.jobs / 1_000_000) million jobs, "
        + "\(end.bad.count) bad")
    return end.bad.isEmpty
  }

  private func take() -> UInt64? {
    state.withLock { state in
      guard state.next <= seeds.upperBound else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  private func finish(_ report: SeedRun.Report) {
    let seconds = seconds
    let news = state.withLock { state -> String? in
      state.done += 1
      state.jobs += report.jobs
      if !report.problems.isEmpty { state.bad.append(report.seed) }
      guard seconds >= state.nextNews else { return nil }
      state.nextNews = seconds + 10
      return "\(state.done) of \(seeds.count) seeds, \(Int(Double(state.done) / seconds)) seeds/s"
    }
    if let news { say(news) }
    guard !report.problems.isEmpty else { return }
    say("seed \(report.seed) is bad; see it with: scripts/simulate.sh \(report.seed)")
    for problem in report.problems.prefix(3) { say("  \(problem)") }
  }
}

/// A thread of its own for long work that never waits.
private final class Thread: Sendable {
  private let id: Mutex<pthread_t>

  init(_ work: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Work(work))
    var id = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    // Unwinding many nested tasks takes more stack than a new thread has.
    pthread_attr_setstacksize(&attributes, 16 << 20)
    pthread_create(
      &id, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, box.toOpaque())
    self.id = Mutex(id)
  }

  func join() { pthread_join(id.withLock { $0 }, nil) }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// Prints a line at once, also where the output is a file.
private func say(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { write(1, $0.baseAddress! + written, bytes.count - written) }
    guard count > 0 else { return }
    written += count
  }
}
