/// A random number generator with reproducible output (SplitMix64): equal seeds give equal numbers.
/// Inlinable, because simulations draw numbers at every step.
package struct SeededRandom: RandomNumberGenerator, Sendable {
  @usableFromInline var state: UInt64

  @inlinable package init(seed: UInt64) { state = seed }

  @inlinable package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// Returns a number below `bound`.
  @inlinable package mutating func int(_ bound: UInt64) -> UInt64 { next() % bound }

  /// Returns an independent generator: what one part draws does not shift the numbers of another.
  @inlinable package mutating func fork() -> SeededRandom { SeededRandom(seed: next()) }
}

extension RandomNumberGenerator {
  @inlinable package mutating func int(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &self)
  }
  @inlinable package mutating func percent(_ share: Int) -> Bool { int(1...100) <= share }
  @inlinable package mutating func pick<Element>(_ elements: [Element]) -> Element? {
    elements.randomElement(using: &self)
  }
}
