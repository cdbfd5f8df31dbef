import Glibc
import SimulationSupport
import Synchronization

/// Runs seeds of the simulated world, two at a time, and prints the command that replays a failed seed.
///
///     simulate SEED [--trace]       run one seed; --trace prints its trace
///     simulate FIRST LAST           run a range of seeds
///
/// With `--refactorings`, the seeds are refactorings of manifests in worlds without faults.
///
/// Exits with code 1 when a seed fails.
@main struct Simulate {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    let numbers = arguments.compactMap { UInt64($0) }
    guard let first = numbers.first else {
      printLine("usage: simulate [--refactorings] SEED [--trace] | simulate [--refactorings] FIRST LAST")
      exit(2)
    }
    let sort: SeedSort = arguments.contains("--refactorings") ? .refactorings : .worlds
    if numbers.count == 1 {
      exit(runSeed(first, sort, keepsLines: arguments.contains("--trace")) ? 0 : 1)
    }
    exit(SeedRange(first...max(first, numbers[1]), sort).run() ? 0 : 1)
  }

  /// Returns whether the seed passed.
  private static func runSeed(_ seed: UInt64, _ sort: SeedSort, keepsLines: Bool) -> Bool {
    let report = sort.run(seed, keepsLines: keepsLines)
    for line in report.lines { printLine(line) }
    printLine(
      "seed \(seed): \(report.jobs) jobs in \(report.seconds) simulated seconds, "
        + "digest \(String(report.digest, radix: 16))")
    for problem in report.problems { printLine("  \(problem)") }
    return report.problems.isEmpty
  }
}

/// What a seed determines.
private enum SeedSort {
  case worlds, refactorings

  func run(_ seed: UInt64, keepsLines: Bool = false) -> SeedRun.Report {
    switch self {
    case .worlds: SeedRun(seed: seed, keepsLines: keepsLines).run()
    case .refactorings: RefactoringRun(seed: seed, keepsLines: keepsLines).run()
    }
  }

  /// The option of `scripts/simulate.sh`, with a space after it.
  var option: String { self == .refactorings ? "--refactorings " : "" }
}

/// Runs a range of seeds on two threads.
private final class SeedRange: Sendable {
  private struct State {
    var next: UInt64
    var done = 0
    var failed: [UInt64] = []
    var jobs = 0
    /// The sum of all digests, which does not depend on the order of the seeds.
    var digest: UInt64 = 0
    var nextReport = 10.0
  }

  private let seeds: ClosedRange<UInt64>
  private let sort: SeedSort
  private let state: Mutex<State>
  private let start = ContinuousClock.now

  init(_ seeds: ClosedRange<UInt64>, _ sort: SeedSort) {
    self.seeds = seeds
    self.sort = sort
    state = Mutex(State(next: seeds.lowerBound))
  }

  private var seconds: Double { (ContinuousClock.now - start) / .seconds(1) }

  /// Returns whether all seeds passed.
  func run() -> Bool {
    let threads = (0..<2).map { _ in
      Thread { [self] in
        while let seed = nextSeed() { finish(sort.run(seed)) }
      }
    }
    for thread in threads { thread.join() }
    let end = state.withLock { $0 }
    let rate = Double(end.done) / max(seconds, 0.001)
    printLine(
      "\(end.done) seeds in \(Int(seconds)) s, \(Int(rate)) seeds/s, \(end.jobs / 1_000_000) million jobs, "
        + "\(end.failed.count) failed")
    printLine("digest of all seeds: \(String(end.digest, radix: 16))")
    return end.failed.isEmpty
  }

  private func nextSeed() -> UInt64? {
    state.withLock { state in
      guard state.next <= seeds.upperBound else { return nil }
      state.next += 1
      return state.next - 1
    }
  }

  private func finish(_ report: SeedRun.Report) {
    let seconds = seconds
    let progress = state.withLock { state -> String? in
      state.done += 1
      state.jobs += report.jobs
      state.digest &+= report.digest
      if !report.problems.isEmpty { state.failed.append(report.seed) }
      guard seconds >= state.nextReport else { return nil }
      state.nextReport = seconds + 10
      return "\(state.done) of \(seeds.count) seeds, \(Int(Double(state.done) / seconds)) seeds/s"
    }
    if let progress { printLine(progress) }
    guard !report.problems.isEmpty else { return }
    printLine("seed \(report.seed) failed; replay it with: scripts/simulate.sh \(sort.option)\(report.seed)")
    for problem in report.problems.prefix(3) { printLine("  \(problem)") }
  }
}

/// A thread for long work that never suspends.
private final class Thread: Sendable {
  private let id: Mutex<pthread_t>

  init(_ work: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Work(work))
    var id = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    // Unwinding many nested tasks takes more stack than the default.
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

/// Prints a line without buffering, also when the output is a file.
private func printLine(_ line: String) {
  let bytes = Array("\(line)\n".utf8)
  var written = 0
  while written < bytes.count {
    let count = bytes.withUnsafeBytes { write(1, $0.baseAddress! + written, bytes.count - written) }
    guard count > 0 else { return }
    written += count
  }
}
