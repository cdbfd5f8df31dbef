import SimulationSupport
import Testing

/// A seed tells the same story every time, in whatever process.
@Suite struct ReplayTests {
  @Test(arguments: 1...5 as ClosedRange<UInt64>) func `a seed is replayed exactly`(seed: UInt64) {
    let (first, second) = (SeedRun(seed: seed).run(), SeedRun(seed: seed).run())
    #expect(first.digest == second.digest, "seed \(seed)")
    #expect(first.jobs == second.jobs, "seed \(seed)")
  }
}
