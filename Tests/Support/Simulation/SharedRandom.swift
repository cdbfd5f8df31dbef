import RandomSupport
import Synchronization

/// A stream of random numbers that several tasks of the world share.
final class SharedRandom: Sendable {
  private let random: Mutex<SeededRandom>

  init(_ random: SeededRandom) { self.random = Mutex(random) }

  func draw<Output>(_ body: (inout SeededRandom) -> Output) -> Output {
    random.withLock { random in
      var copy = random
      defer { random = copy }
      return body(&copy)
    }
  }

  func int(_ range: ClosedRange<Int>) -> Int { random.withLock { $0.int(range) } }
  func percent(_ share: Int) -> Bool { share > 0 && random.withLock { $0.percent(share) } }
}
