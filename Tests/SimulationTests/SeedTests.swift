import SimulationSupport
import Testing

/// Few seeds, so that what breaks the rules is seen at once while one works on the engine; `make test` tries 2,000 with the
/// release build, `make soak` 100,000.
@Suite struct SeedTests {
  @Test(arguments: 1...100 as ClosedRange<UInt64>)
  func `a world becomes as declared, and no rule is broken on the way`(seed: UInt64) {
    let report = SeedRun(seed: seed).run()
    #expect(report.problems.isEmpty, "scripts/simulate.sh \(seed)")
  }
}
