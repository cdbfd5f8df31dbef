import Model
import RandomSupport
import RefactoringSupport
import SimulationSupport
import Testing

/// A few refactorings for fast feedback; `make test` runs 5,000 with the release build.
@Suite struct RefactoringTests {
  @Test(
    "Data that is declared before and after a refactoring survives it",
    arguments: 1...60 as ClosedRange<UInt64>)
  func survival(seed: UInt64) {
    let report = RefactoringRun(seed: seed).run()
    #expect(report.problems.isEmpty, "scripts/simulate.sh --refactorings \(seed)")
  }

  @Test("A refactoring is replayed exactly", arguments: 1...5 as ClosedRange<UInt64>)
  func replay(seed: UInt64) {
    let (first, second) = (RefactoringRun(seed: seed).run(), RefactoringRun(seed: seed).run())
    #expect(first.digest == second.digest && first.jobs == second.jobs, "seed \(seed)")
  }

  @Test("All kinds and changes are drawn, and few refactorings are refused")
  func variety() {
    let limits = GeneratorLimits(engines: 2, hasFakes: true, firstPort: 9100, slowPercent: 40)
    var (verbs, refusals, kinds): (Set<String>, [Refusal.Reason: Int], Set<String>) = ([], [:], [])
    let count: UInt64 = 2000
    for seed in 1...count {
      var random = SeededRandom(seed: seed)
      let state = StateGenerator.state(of: "dev", limits, &random)
      let refactoring = RefactoringGenerator.refactoring(of: state, limits, &random)
      verbs.formUnion(refactoring.descriptions.compactMap { $0.split(separator: " ").first.map(String.init) })
      kinds.formUnion(state.all.map(\.id.kind))
      if let refusal = refactoring.refusal { refusals[refusal.reason, default: 0] += 1 }
      #expect((1...3).contains(refactoring.descriptions.count), "seed \(seed)")
    }
    #expect(verbs.isSuperset(of: ["rename", "swap", "move", "split", "merge", "copy"]), "\(verbs.sorted())")
    #expect(kinds.count == 10, "\(kinds.sorted())")
    #expect(refusals.count == 4, "\(refusals)")
    #expect(refusals.values.reduce(0, +) < Int(count) / 5, "\(refusals)")
  }
}
