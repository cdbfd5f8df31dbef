import Synchronization

/// Something in the world that goes wrong for a while.
struct Fault: Hashable, Sendable, CustomStringConvertible {
  enum Effect: String, Sendable, CaseIterable {
    /// The call fails and did nothing.
    case failsBefore
    /// The call did what it was asked for, and fails.
    case failsAfter
    /// The caller is told of a time-out, and what it asked for happens later.
    case landsLate
    /// No answer until the caller gives up or the fault is gone.
    case hangs
    /// Says that it was done, and did nothing.
    case lies
    /// Nothing can be seen.
    case unseen
    /// Some resources can be seen and others cannot.
    case partlySeen
    /// What is seen was so a while ago.
    case stale
    /// Events do not arrive, or late.
    case lost
    /// Events arrive twice.
    case doubled
  }

  let number: Int
  /// What is concerned: a kind, `engine 1`, `server`, `store` or `events`.
  let place: String
  let effect: Effect
  /// How many calls of a hundred are concerned.
  let percent: Int

  init(number: Int, place: String, effect: Effect, percent: Int) {
    self.number = number
    self.place = place
    self.effect = effect
    self.percent = percent
  }

  var description: String { "fault \(number): \(place) \(effect.rawValue) (\(percent) %)" }
  /// What errors that come from this fault say, and so what explanations must name.
  var mark: String { "fault \(number) of \(place)" }
}

/// The faults of the moment.
final class FaultBoard: Sendable {
  private let active = Mutex<[Fault]>([])
  private let dice: Dice

  init(_ dice: Dice) { self.dice = dice }

  var all: [Fault] { active.withLock { $0 } }
  func add(_ fault: Fault) { active.withLock { $0.append(fault) } }
  func remove(_ fault: Fault) { active.withLock { $0.removeAll { $0 == fault } } }
  func clear() { active.withLock { $0 = [] } }

  func isActive(_ fault: Fault) -> Bool { active.withLock { $0.contains(fault) } }

  /// The first of the faults of this place that concerns this call; nil where it goes well.
  func strike(_ place: String, _ effects: Fault.Effect...) -> Fault? {
    active.withLock { $0 }.first {
      $0.place == place && effects.contains($0.effect) && dice.percent($0.percent)
    }
  }
}
