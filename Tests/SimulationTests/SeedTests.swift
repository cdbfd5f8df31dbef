import SimulationSupport
import Testing

/// A few seeds for fast feedback; `make test` runs 2,000 with the release build, `make soak` 100,000.
@Suite struct SeedTests {
  @Test("A world converges and violates no invariant", arguments: 1...100 as ClosedRange<UInt64>)
  func convergence(seed: UInt64) {
    let report = SeedRun(seed: seed).run()
    #expect(report.problems.isEmpty, "scripts/simulate.sh \(seed)")
  }
}
