import SimulationSupport

/// Tries seeds of the simulated world.
@main struct Simulate {
  static func main() {
    let arguments = CommandLine.arguments.dropFirst()
    let tells = arguments.contains("--trace")
    let numbers = arguments.compactMap { UInt64($0) }
    guard let first = numbers.first else { return print("usage: simulate SEED [LAST] [--trace]") }
    for seed in first...(numbers.dropFirst().first ?? first) {
      let report = SeedRun(seed: seed, keepsLines: tells).run()
      for line in report.lines { print(line) }
      print(
        "seed \(seed): \(report.jobs) jobs, \(report.seconds) s, digest \(String(report.digest, radix: 16))")
      for problem in report.problems { print("  \(problem)") }
    }
  }
}
