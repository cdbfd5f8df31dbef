import SimulationSupport
import Testing

/// A seed gives the same trace in every process.
@Suite struct ReplayTests {
  @Test("A seed is replayed exactly", arguments: 1...5 as ClosedRange<UInt64>)
  func replay(seed: UInt64) {
    let (first, second) = (SeedRun(seed: seed).run(), SeedRun(seed: seed).run())
    #expect(first.digest == second.digest, "seed \(seed)")
    #expect(first.jobs == second.jobs, "seed \(seed)")
  }
}
