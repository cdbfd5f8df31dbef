import Model
import Synchronization

/// Counts the calls that each step of a controller makes to outside systems, and ends the controller before
/// one of them: from then on every call is refused, those of the controller's own state included, as if its
/// process had been killed. Calls that were sent before take effect.
final class KillSwitch: MutationObserver {
  /// One step of a run. Its parameters may differ between runs, its position among steps of the same
  /// operation does not.
  struct StepName: Hashable {
    let resource: ResourceID
    let operation: KillPointOperation
    /// 1 for the first step of this operation on the resource.
    let occurrence: Int
  }

  struct StepCalls {
    let step: StepName
    var calls: Int
  }

  /// The controller ends after this many calls of the step.
  struct Target: Hashable {
    let step: StepName
    let calls: Int
    /// Whether the step makes no further call: the controller ends before it can record the outcome.
    let isLast: Bool
    var victim = Victim.controller
  }

  /// What is killed. Where it is a driven system, the call is sent to it right afterwards and the controller
  /// continues.
  enum Victim: String { case controller, postgres, docker }

  fileprivate struct State {
    var steps: [StepCalls] = []
    var names: [String: StepName] = [:]
    var isReached = false
    var isDead = false
  }

  private let state = Mutex(State())
  let target: Target?
  /// Kills a driven system.
  private let strike: @Sendable (Victim) -> Void
  private let reached: AsyncStream<Void>
  private let feed: AsyncStream<Void>.Continuation

  /// - Parameter target: Nil to count only.
  init(_ target: Target? = nil, strike: @escaping @Sendable (Victim) -> Void = { _ in }) {
    self.target = target
    self.strike = strike
    (reached, feed) = AsyncStream.makeStream()
  }

  /// The steps in the order of their first calls.
  var steps: [StepCalls] { state.withLock { $0.steps } }
  var isReached: Bool { state.withLock { $0.isReached } }
  var isDead: Bool { state.withLock { $0.isDead } }

  /// Returns when the controller is dead.
  func death() async { for await _ in reached where isDead { return } }

  func allowsCall(of step: StepIdentity?) -> Bool {
    let (isAllowed, isStruck) = state.withLock { state -> (Bool, Bool) in
      guard !state.isDead else { return (false, false) }
      let name = step.map { state.name(of: $0) }
      guard !state.isReached, isDue(name, state) else {
        if let name { state.count(name) }
        return (true, false)
      }
      state.isReached = true
      guard target?.victim == .controller else {
        if let name { state.count(name) }
        return (true, true)
      }
      state.isDead = true
      return (false, false)
    }
    if isStruck, let target { strike(target.victim) }
    if !isAllowed { feed.yield() }
    return isAllowed
  }

  private func isDue(_ name: StepName?, _ state: State) -> Bool {
    guard let target, let index = state.steps.firstIndex(where: { $0.step == target.step }) else {
      return target?.step == name && target?.calls == 0 && name != nil
    }
    guard state.steps[index].calls == target.calls else { return false }
    return name == target.step || target.isLast
  }
}

extension KillSwitch.State {
  /// Steps of one operation differ in their parameters; a repeated step has the same ones.
  fileprivate mutating func name(of step: StepIdentity) -> KillSwitch.StepName {
    let text = "\(step.resource) \(step.operation)"
    if let name = names[text] { return name }
    let operation = KillPointOperation(step.operation, of: step.resource.kind)
    let earlier = names.values.count { $0.resource == step.resource && $0.operation == operation }
    let name = KillSwitch.StepName(resource: step.resource, operation: operation, occurrence: earlier + 1)
    names[text] = name
    return name
  }

  fileprivate mutating func count(_ name: KillSwitch.StepName) {
    if let index = steps.firstIndex(where: { $0.step == name }) {
      steps[index].calls += 1
    } else {
      steps.append(KillSwitch.StepCalls(step: name, calls: 1))
    }
  }
}
