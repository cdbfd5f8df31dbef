import RandomSupport
import Synchronization

/// A fault that is injected into a system for a while.
struct Fault: Hashable, Sendable, CustomStringConvertible {
  enum Effect: String, Sendable, CaseIterable {
    /// The call fails without an effect.
    case failsBefore
    /// The call takes effect and fails.
    case failsAfter
    /// The call times out and takes effect later.
    case takesEffectLate
    /// The call does not return until its deadline or the end of the fault.
    case hangs
    /// The call reports success without an effect.
    case falseSuccess
    /// Observations fail.
    case unobservable
    /// Observations fail for some resources.
    case partlyObservable
    /// Observations return an earlier state.
    case stale
    /// Events are lost.
    case lost
    /// Events are delivered twice.
    case duplicated
  }

  let number: Int
  /// The affected system: a kind, `engine 1`, `server`, `store` or `events`.
  let target: String
  let effect: Effect
  /// The share of calls that are affected.
  let percent: Int

  init(number: Int, target: String, effect: Effect, percent: Int) {
    self.number = number
    self.target = target
    self.effect = effect
    self.percent = percent
  }

  var description: String { "fault \(number): \(target) \(effect.rawValue) (\(percent) %)" }
  /// The text of errors that this fault causes; explanations must contain it.
  var mark: String { "fault \(number) of \(target)" }
}

/// The active faults.
final class FaultInjector: Sendable {
  private let active = Mutex<[Fault]>([])
  private let callRandom: SharedRandom

  init(_ callRandom: SharedRandom) { self.callRandom = callRandom }

  var all: [Fault] { active.withLock { $0 } }
  func add(_ fault: Fault) { active.withLock { $0.append(fault) } }
  func remove(_ fault: Fault) { active.withLock { $0.removeAll { $0 == fault } } }
  func clear() { active.withLock { $0 = [] } }

  func isActive(_ fault: Fault) -> Bool { active.withLock { $0.contains(fault) } }

  /// The first active fault of the target that affects this call; nil when none does.
  func fault(at target: String, _ effects: Fault.Effect...) -> Fault? {
    active.withLock { $0 }.first {
      $0.target == target && effects.contains($0.effect) && callRandom.percent($0.percent)
    }
  }
}
