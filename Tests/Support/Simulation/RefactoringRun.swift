import Concurrency
import Model
import RandomSupport
import RefactoringSupport

/// Runs one seed of refactorings in a world without faults: applies a state, puts data into everything,
/// changes the manifests, applies once, and checks that the data is where it belongs.
package struct RefactoringRun: Sendable {
  private let seed: UInt64
  private let keepsLines: Bool

  package init(seed: UInt64, keepsLines: Bool = false) {
    self.seed = seed
    self.keepsLines = keepsLines
  }

  /// Blocks the calling thread until the world has ended.
  package func run() -> SeedRun.Report {
    let world = World(seed: seed, keepsLines: keepsLines)
    world.prepareSystems()
    let limits = GeneratorLimits(engines: 2, hasFakes: true, firstPort: 9100, slowPercent: 40)
    let refactoring = world.scenarioRandom.draw { random in
      let state = StateGenerator.state(of: World.environment, limits, &random)
      return RefactoringGenerator.refactoring(of: state, limits, &random)
    }
    return SeedRun.run(seed, world) { outcome in
      let scenario = RefactoringScenario(world: world, refactoring: refactoring, outcome: outcome)
      await UncancellableTask.$executor.withValue(world.process) { await scenario.play() }
    }
  }
}
