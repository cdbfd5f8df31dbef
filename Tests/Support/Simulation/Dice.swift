import Synchronization

/// One stream of random numbers that several tasks of the world draw from.
final class Dice: Sendable {
  private let random: Mutex<SeededRandom>

  init(_ random: SeededRandom) { self.random = Mutex(random) }

  func roll<Output>(_ body: (inout SeededRandom) -> Output) -> Output {
    random.withLock { random in
      var copy = random
      defer { random = copy }
      return body(&copy)
    }
  }

  func int(_ range: ClosedRange<Int>) -> Int { random.withLock { $0.int(range) } }
  func percent(_ share: Int) -> Bool { share > 0 && random.withLock { $0.percent(share) } }
}
